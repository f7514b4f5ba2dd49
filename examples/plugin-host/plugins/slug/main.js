// SPDX-License-Identifier: Apache-2.0
//
// A plugin as its author ships it: several modules, and one named entrypoint that the host knows about.

import { WorkerEntrypoint } from "cloudflare:workers";
import { words } from "./words.js";
import stopWords from "./stop-words.json";

export class TextPlugin extends WorkerEntrypoint {
  describe() {
    return { name: "slug", version: "1.0.0" };
  }

  /** "The Art of Computer Programming" becomes "art-computer-programming". */
  transform(text) {
    const { separator } = this.ctx.props;
    return words(text)
      .filter((word) => !stopWords.includes(word))
      .join(separator);
  }
}
