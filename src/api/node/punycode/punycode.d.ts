// SPDX-License-Identifier: Apache-2.0
declare module "punycode/punycode.es6.js" {
  const punycode: {
    decode(text: string): string;
    encode(text: string): string;
    toASCII(domain: string): string;
    toUnicode(domain: string): string;
    ucs2: { decode(text: string): number[]; encode(codes: number[]): string };
    version: string;
  };
  export default punycode;
}
