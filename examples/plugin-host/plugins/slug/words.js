// SPDX-License-Identifier: Apache-2.0

/** The words of a text in lower case, without accents and punctuation. */
export function words(text) {
  return (
    text
      .normalize("NFD")
      .replace(/\p{Mark}/gu, "")
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  );
}
