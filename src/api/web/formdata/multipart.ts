// SPDX-License-Identifier: Apache-2.0
// Form data as bodies: multipart/form-data (https://html.spec.whatwg.org/#multipart-form-data and RFC 7578) both ways,
// application/x-www-form-urlencoded inwards.
import { blobBytes, makeFile } from "mayfly:web/file";
import { FormData, formDataEntries } from "./form_data.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const kPartHeaderBytesMax = 16 * 1024;
const kCr = 13;
const kLf = 10;
const kDash = 45;

const decode = (bytes: Bytes): string => ops.utf8Decode(bytes, false)!;
const toCrLf = (text: string): string => text.replace(/\r\n?|\n/g, "\r\n");
const escapes: Record<string, string> = { "\r": "%0D", "\n": "%0A", '"': "%22" };
const escapeName = (text: string): string => text.replace(/[\r\n"]/g, (match) => escapes[match]!);
const unescapeName = (text: string): string =>
  text.replace(/%0d|%0a|%22|\\"/gi, (match) => match === '\\"' ? '"' : String.fromCharCode(parseInt(match.slice(1), 16)));

function join(pieces: Bytes[]): Bytes {
  const bytes = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** The body for `form`: text as long as it holds no files. */
export function writeMultipart(form: FormData, boundary: string): string | Bytes {
  const pieces: Bytes[] = [];
  let text = "";
  for (const [name, value] of formDataEntries(form)) {
    text += `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(toCrLf(name))}"`;
    if (typeof value === "string") {
      text += `\r\n\r\n${toCrLf(value)}\r\n`;
    } else {
      text += `; filename="${escapeName(value.name)}"\r\nContent-Type: ${value.type || "application/octet-stream"}\r\n\r\n`;
      pieces.push(ops.utf8Encode(text), blobBytes(value));
      text = "\r\n";
    }
  }
  text += `--${boundary}--\r\n`;
  if (pieces.length === 0) return text;
  pieces.push(ops.utf8Encode(text));
  return join(pieces);
}

// Where `needle`, which starts with its rarest byte, next occurs; -1 when it does not.
function find(bytes: Bytes, needle: Bytes, from: number): number {
  for (let at = bytes.indexOf(needle[0]!, from); at >= 0; at = bytes.indexOf(needle[0]!, at + 1)) {
    let matched = 1;
    while (matched < needle.length && bytes[at + matched] === needle[matched]) matched++;
    if (matched === needle.length) return at;
  }
  return -1;
}

interface PartHeader {
  name: string;
  filename: string | undefined;
  type: string;
}

function parsePartHeader(text: string): PartHeader {
  let name: string | undefined;
  let filename: string | undefined;
  let type = "text/plain";
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon < 0) throw new TypeError("A part of this multipart/form-data body has a header line without a colon.");
    const value = line.slice(colon + 1).trim();
    switch (line.slice(0, colon).trim().toLowerCase()) {
      case "content-disposition": {
        if (!/^form-data\s*(;|$)/i.test(value)) {
          throw new TypeError(`Content-Disposition header for a FormData part must have the value "form-data", possibly ` +
            "followed by parameters.");
        }
        for (const [, key, quoted, plain] of value.matchAll(/;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/gs)) {
          const parameter = quoted !== undefined ? unescapeName(quoted) : plain!;
          if (key!.toLowerCase() === "name") name ??= parameter;
          if (key!.toLowerCase() === "filename") filename ??= parameter;
        }
        break;
      }
      case "content-type": type = value; break;
    }
  }
  if (name === undefined) {
    throw new TypeError("Content-Disposition header for a FormData part must have a name parameter.");
  }
  return { name, filename, type };
}

const truncated = () => new TypeError("No subsequent boundary string in this multipart/form-data body: it is truncated.");

/** https://andreubotella.github.io/multipart-form-data/#parse-multipart-form-data */
export function parseMultipart(bytes: Bytes, boundary: string): FormData {
  const form = new FormData();
  const entries = formDataEntries(form);
  const delimiter = ops.utf8Encode(`\r\n--${boundary}`);
  const endOfHeader = ops.utf8Encode("\r\n\r\n");
  let position = 0;
  while (bytes[position] === kCr && bytes[position + 1] === kLf) position += 2;
  if (find(bytes.subarray(position, position + delimiter.length - 2), delimiter.subarray(2), 0) !== 0) {
    throw new TypeError("No initial boundary string (or you have a truncated message).");
  }
  position += delimiter.length - 2;
  for (;;) {
    // Behind a delimiter: "--" after the last, else spaces and a line break.
    if (bytes[position] === kDash && bytes[position + 1] === kDash) return form;
    while (bytes[position] === 32 || bytes[position] === 9) position++;
    if (bytes[position] !== kCr || bytes[position + 1] !== kLf) throw truncated();
    const headerEnd = find(bytes.subarray(0, position + kPartHeaderBytesMax), endOfHeader, position);
    if (headerEnd < 0) {
      throw new TypeError(
        `The header of a part of this multipart/form-data body does not end within ${kPartHeaderBytesMax} bytes.`);
    }
    if (headerEnd === position) {
      throw new TypeError("No Content-Disposition header for a part of this multipart/form-data body.");
    }
    const { name, filename, type } = parsePartHeader(decode(bytes.subarray(position + 2, headerEnd)));
    const start = headerEnd + endOfHeader.length;
    // The line break that ends the header may belong to the delimiter of an empty part.
    const end = find(bytes, delimiter, start - 2);
    if (end < 0) throw truncated();
    const content = bytes.subarray(start, Math.max(start, end));
    entries.push([name, filename === undefined ? decode(content) : makeFile(content, filename, type)]);
    position = end + delimiter.length;
  }
}

export function parseUrlEncodedForm(text: string): FormData {
  const form = new FormData();
  const entries = formDataEntries(form);
  const list: string[] = requireGroup("mayfly:web/url").parseUrlEncoded(text);
  for (let i = 0; i < list.length; i += 2) entries.push([list[i]!, list[i + 1]!]);
  return form;
}
