// SPDX-License-Identifier: Apache-2.0
// The parts of the package that are used by path: it has their types elsewhere.

declare module "sucrase/dist/esm/parser" {
  export * from "sucrase/dist/types/parser";
}
declare module "sucrase/dist/esm/parser/traverser/base" {
  export * from "sucrase/dist/types/parser/traverser/base";
}
declare module "sucrase/dist/esm/parser/tokenizer/state" {
  export { default, StateSnapshot } from "sucrase/dist/types/parser/tokenizer/state";
}
declare module "sucrase/dist/esm/parser/tokenizer/types" {
  export * from "sucrase/dist/types/parser/tokenizer/types";
}
declare module "sucrase/dist/esm/CJSImportProcessor" {
  export { default } from "sucrase/dist/types/CJSImportProcessor";
}
declare module "sucrase/dist/esm/HelperManager" {
  export * from "sucrase/dist/types/HelperManager";
}
declare module "sucrase/dist/esm/NameManager" {
  export { default } from "sucrase/dist/types/NameManager";
}
declare module "sucrase/dist/esm/TokenProcessor" {
  export { default } from "sucrase/dist/types/TokenProcessor";
}
declare module "sucrase/dist/esm/identifyShadowedGlobals" {
  export { default } from "sucrase/dist/types/identifyShadowedGlobals";
}
declare module "sucrase/dist/esm/transformers/RootTransformer" {
  export { default } from "sucrase/dist/types/transformers/RootTransformer";
}
declare module "sucrase/dist/esm/util/getTSImportedNames" {
  export { default } from "sucrase/dist/types/util/getTSImportedNames";
}
