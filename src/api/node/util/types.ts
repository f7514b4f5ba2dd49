// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/util.html#utiltypes: by internal slot, whatever prototype or tag a value has.
const { isView } = ArrayBuffer;
const { typeOf } = ops;

const typedArrays = new Set([
  "Uint8Array", "Uint8ClampedArray", "Uint16Array", "Uint32Array", "Int8Array", "Int16Array", "Int32Array",
  "BigInt64Array", "BigUint64Array", "Float16Array", "Float32Array", "Float64Array",
]);
const boxed = new Set(["Number", "String", "Boolean", "BigInt", "Symbol"]);

// Functions of these kinds have prototypes of their own, which only they and what inherits from them by hand have.
const toText = Function.prototype.toString;
const functionKind = /^(?:async\s*(function)?\s*(\*)?|function\s*(\*)|(\*))/;

type Test = (value: unknown) => boolean;
const is = (name: string): Test => (value) => typeOf(value) === name;

function isAsyncFunction(value: unknown): boolean {
  if (typeof value !== "function") return false;
  return /^async[\s(*[]/.test(Reflect.apply(toText, value, []));
}

function isGeneratorFunction(value: unknown): boolean {
  if (typeof value !== "function") return false;
  const kind = functionKind.exec(Reflect.apply(toText, value, []));
  return kind !== null && (kind[2] ?? kind[3] ?? kind[4]) === "*";
}

const types: Record<string, Test> = {
  isExternal: () => false,
  isDate: is("Date"),
  isArgumentsObject: is("Arguments"),
  isBigIntObject: is("BigInt"),
  isBooleanObject: is("Boolean"),
  isNumberObject: is("Number"),
  isStringObject: is("String"),
  isSymbolObject: is("Symbol"),
  isBoxedPrimitive: (value) => boxed.has(typeOf(value)),
  isNativeError: is("Error"),
  isRegExp: is("RegExp"),
  isAsyncFunction,
  isGeneratorFunction,
  isGeneratorObject: is("Generator"),
  isPromise: is("Promise"),
  isMap: is("Map"),
  isSet: is("Set"),
  isMapIterator: is("MapIterator"),
  isSetIterator: is("SetIterator"),
  isWeakMap: is("WeakMap"),
  isWeakSet: is("WeakSet"),
  isArrayBuffer: is("ArrayBuffer"),
  isDataView: is("DataView"),
  isSharedArrayBuffer: () => false,
  isProxy: is("Proxy"),
  isModuleNamespaceObject: is("Module"),
  isAnyArrayBuffer: is("ArrayBuffer"),
  isArrayBufferView: (value) => isView(value),
  isTypedArray: (value) => typedArrays.has(typeOf(value)),
  isCryptoKey: (value) => value instanceof (requireGroup("mayfly:web/crypto").CryptoKey),
  isKeyObject: (value) => ops.hasGroup("mayfly:node/crypto") && value instanceof (requireGroup("mayfly:node/crypto").KeyObject ?? Never),
};
class Never {}
for (const name of typedArrays) types[`is${name}`] = is(name);
for (const [name, test] of Object.entries(types)) Object.defineProperty(test, "name", { value: name, configurable: true });

export default types;
