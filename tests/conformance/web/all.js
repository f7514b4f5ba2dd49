// SPDX-License-Identifier: Apache-2.0
// The checks of this folder as checks of a suite: import it from a suite's index.js. A file exports `checks`, functions by
// their names, and may export `differs`: for a check that workerd fails, why.
import { check } from "../check.js";
import * as blob from "./blob.checks.mjs";
import * as compression from "./compression.checks.mjs";
import * as consoleChecks from "./console.checks.mjs";
import * as cryptoChecks from "./crypto.checks.mjs";
import * as encoding from "./encoding.checks.mjs";
import * as eventSource from "./event_source.checks.mjs";
import * as events from "./events.checks.mjs";
import * as formdata from "./formdata.checks.mjs";
import * as htmlRewriter from "./html_rewriter.checks.mjs";
import * as messageChannel from "./message_channel.checks.mjs";
import * as misc from "./misc.checks.mjs";
import * as streams from "./streams.checks.mjs";
import * as subtle from "./subtle.checks.mjs";
import * as url from "./url.checks.mjs";
import * as urlPattern from "./url_pattern.checks.mjs";

const modules = {
  blob, compression, console: consoleChecks, crypto: cryptoChecks, encoding, events, eventSource,
  formdata, htmlRewriter, messageChannel, misc, streams, subtle, url, urlPattern,
};

for (const [group, { checks, differs = {} }] of Object.entries(modules)) {
  for (const [name, run] of Object.entries(checks)) {
    check(`${group}: ${name}`, name in differs ? { differs: differs[name] } : {}, run);
  }
}
