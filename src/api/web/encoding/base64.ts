// SPDX-License-Identifier: Apache-2.0
// https://html.spec.whatwg.org/#atob
import { requireArguments } from "mayfly:core";

function invalid(message: string): Error {
  return new (requireGroup("mayfly:web/events").DOMException)(message, "InvalidCharacterError");
}

export function btoa(data: string): string {
  requireArguments("btoa", arguments.length, 1);
  const base64 = ops.base64Encode(`${data}`);
  if (base64 === undefined) {
    throw invalid("btoa() can only operate on characters in the Latin1 (ISO/IEC 8859-1) range.");
  }
  return base64;
}

export function atob(data: string): string {
  requireArguments("atob", arguments.length, 1);
  const binary = ops.base64Decode(`${data}`);
  if (binary === undefined) {
    throw invalid("atob() called with invalid base64-encoded data. (Only whitespace, '+', '/', alphanumeric " +
      "ASCII, and up to two terminal '=' signs when the input data length is divisible by 4 are allowed.)");
  }
  return binary;
}
