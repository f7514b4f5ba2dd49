// SPDX-License-Identifier: Apache-2.0
// https://encoding.spec.whatwg.org/#iso-2022-jp-decoder. Its states are handed over between chunks, which ICU's converter
// cannot do; for the characters of JIS X 0208 ICU is asked for those of EUC-JP.

type State = "ascii" | "roman" | "katakana" | "lead";
const escapes: Record<string, State> = {
  __proto__: null as never, "(B": "ascii", "(J": "roman", "(I": "katakana", "$@": "lead", "$B": "lead",
};
const pending = new Uint32Array(1);

export class Iso2022JpDecoder {
  #state: State = "ascii";
  #lead = -1;
  #escape = ""; // what of an escape sequence has come, after its first byte
  #inEscape = false;
  #output = false; // a character has come since the last escape sequence

  /** Undefined for an error when `fatal`. */
  decode(bytes: Uint8Array, fatal: boolean, last: boolean): string | undefined {
    let text = "";
    let wrong = false;
    const error = (): void => {
      wrong = true;
      text += "\ufffd";
    };
    const one = (byte: number): void => {
      if (this.#inEscape) {
        const sequence = this.#escape + String.fromCharCode(byte);
        if (sequence.length === 1 && (byte === 0x24 || byte === 0x28)) {
          this.#escape = sequence;
          return;
        }
        const rest = this.#escape;
        this.#inEscape = false;
        this.#escape = "";
        const state = escapes[sequence];
        if (state !== undefined) {
          if (!this.#output && rest !== "" && this.#switched) error();
          this.#switched = true;
          this.#state = state;
          this.#output = false;
          return;
        }
        error();
        this.#output = false;
        for (const character of rest) one(character.charCodeAt(0));
        one(byte);
        return;
      }
      if (byte === 0x1b) {
        if (this.#lead >= 0) {
          this.#lead = -1;
          error();
        }
        this.#inEscape = true;
        return;
      }
      if (this.#lead >= 0) {
        const lead = this.#lead;
        this.#lead = -1;
        const pair = byte >= 0x21 && byte <= 0x7e
          ? ops.icuDecode("euc-jp", new Uint8Array([lead | 0x80, byte | 0x80]), true, true, pending) : undefined;
        if (pair === undefined) error();
        else text += pair;
        return;
      }
      this.#output = true;
      if (this.#state === "lead") {
        if (byte >= 0x21 && byte <= 0x7e) this.#lead = byte;
        else error();
      } else if (this.#state === "katakana") {
        if (byte >= 0x21 && byte <= 0x5f) text += String.fromCharCode(0xff61 - 0x21 + byte);
        else error();
      } else if (byte > 0x7f || byte === 0x0e || byte === 0x0f) {
        error();
      } else if (this.#state === "roman" && byte === 0x5c) {
        text += "\u00a5";
      } else if (this.#state === "roman" && byte === 0x7e) {
        text += "\u203e";
      } else {
        text += String.fromCharCode(byte);
      }
    };
    for (const byte of bytes) one(byte);
    if (last) {
      if (this.#lead >= 0) error();
      if (this.#inEscape) {
        const rest = this.#escape;
        this.#inEscape = false;
        this.#lead = -1;
        error();
        for (const character of rest) one(character.charCodeAt(0));
        if (this.#lead >= 0) error();
      }
      this.#state = "ascii";
      this.#lead = -1;
      this.#escape = "";
      this.#inEscape = this.#output = this.#switched = false;
    }
    return fatal && wrong ? undefined : text;
  }

  #switched = false;
}
