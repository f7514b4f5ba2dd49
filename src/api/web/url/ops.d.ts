// SPDX-License-Identifier: Apache-2.0
// The ops of url_ops.cc.
interface Ops {
  /**
   * The href of `input`, resolved against `base`; undefined when that is no URL. Where `offsets` (8 numbers) is given, it
   * receives: end of protocol, end of username, start of host, end of host, port, start of pathname, of search, of hash;
   * -1 for a port, search or hash that is not there.
   */
  urlParse(input: string, base?: string, offsets?: Int32Array): string | undefined;
  urlCanParse(input: string, base?: string): boolean;
  /** The href after setting one part (see Part in url.ts); unchanged when the value does not fit. */
  urlSet(href: string, part: number, value: string, offsets: Int32Array): string;
}
