// SPDX-License-Identifier: Apache-2.0
// https://w3c.github.io/FileAPI/#file-section
import { defineInterface, registerHostType, requireArguments, toDictionary } from "mayfly:core";
import { Blob, blobBytes, fillBlob, readBytes } from "./blob.ts";

type Options = { lastModified?: unknown };

export let isFile: (value: unknown) => value is File;
/** `bytes` are not copied: nobody may change them afterwards. */
export let makeFile: (bytes: Uint8Array<ArrayBuffer>, name: string, type: string, lastModified?: number) => File;

export class File extends Blob {
  #name = "";
  #lastModified = 0;

  static {
    isFile = (value): value is File => typeof value === "object" && value !== null && #name in value;
    makeFile = (bytes, name, type, lastModified) => {
      const file = new File([], name, lastModified === undefined ? undefined : { lastModified });
      fillBlob(file, bytes, type);
      return file;
    };
  }

  constructor(parts: unknown, name: unknown, options: unknown = undefined) {
    requireArguments("Failed to construct 'File'", arguments.length, 2);
    const { lastModified } = toDictionary<Options>(options as Options, "The third argument of File");
    super(parts, options);
    this.#name = `${name}`.toWellFormed();
    this.#lastModified = lastModified === undefined ? ops.now() : Math.trunc(Number(lastModified)) || 0;
  }

  get name(): string {
    return this.#name;
  }

  get lastModified(): number {
    return this.#lastModified;
  }
}

defineInterface(File);
// "name" is otherwise taken for that of the class.
Object.defineProperty(File.prototype, "name", { enumerable: true });

registerHostType({
  tag: "file",
  type: File,
  write: (_session, file) => ["file", file.type, blobBytes(file).slice(), file.name, file.lastModified],
  read: (_session, [, type, bytes, name, lastModified]) =>
    makeFile(readBytes(bytes), `${name}`, `${type}`, Number(lastModified) || 0),
});
