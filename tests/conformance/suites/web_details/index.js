// SPDX-License-Identifier: Apache-2.0
//
// The checks of ../../web, one file per specification. They are plain functions that run in any runtime.

import { WorkerEntrypoint } from "cloudflare:workers";
import { check, suite } from "../../check.js";
import { checks as blob } from "../../web/blob.checks.mjs";
import { checks as cache, mayflyOnly as needCache } from "../../web/cache.checks.mjs";
import { checks as compression } from "../../web/compression.checks.mjs";
import { checks as consoleChecks } from "../../web/console.checks.mjs";
import { checks as cryptoChecks } from "../../web/crypto.checks.mjs";
import { checks as encoding } from "../../web/encoding.checks.mjs";
import { checks as eventSource } from "../../web/event_source.checks.mjs";
import { checks as events } from "../../web/events.checks.mjs";
import { checks as fetchChecks, site } from "../../web/fetch.checks.mjs";
import { checks as formdata } from "../../web/formdata.checks.mjs";
import { checks as htmlRewriter } from "../../web/html_rewriter.checks.mjs";
import { checks as messageChannel } from "../../web/message_channel.checks.mjs";
import { checks as misc } from "../../web/misc.checks.mjs";
import { checks as streams } from "../../web/streams.checks.mjs";
import { checks as subtleChecks } from "../../web/subtle.checks.mjs";
import { checks as urlChecks } from "../../web/url.checks.mjs";
import { checks as urlPattern } from "../../web/url_pattern.checks.mjs";

/** What workerd fails by choice or mistake, by the name of the check. */
const differences = {
  "broken, short and overlong data is refused": "workerd takes compressed data that is cut short",
  "console survives objects that throw": "workerd lets the error out of console.log",
  "Event has the members of the standard": "workerd's events lack members (relatedTarget and the like are undefined)",
  "dispatch sets target and phase, and clears the phase afterwards": "workerd keeps currentTarget after the dispatch",
  "AbortSignal.timeout aborts with a TimeoutError": "workerd takes a negative delay",
  "classes of events carry their data": "workerd leaves the members that were not given undefined",
  "Headers refuse names that are empty or not ASCII": "workerd takes an empty name",
  "Response replaces lone surrogates": "workerd replaces each byte of a lone surrogate",
  "fetch drops the content type of a body that a redirect dropped": "workerd keeps the header",
  "fetch refuses redirects when asked to": "workerd does not know redirect: error",
  "multipart: a file without a type is text/plain": "workerd leaves the type empty",
  "multipart: quotes and line breaks in names": "workerd does not undo the escaping of names",
  "multipart: dashes and boundaries in content are content": "workerd takes dashes in content for a boundary",
  "multipart: quotes in file names": "workerd does not undo the escaping of names",
  "multipart: an empty name": "workerd refuses an empty name",
  "structuredClone transfers": "workerd ignores values that cannot be transferred",
  "tee branches are independent, and cancel waits for both":
    "workerd gives one reason of cancel to the source, not both",
  "pipeTo is stopped by a signal": "workerd waits for the pending read of the source",
  "IdentityTransformStream takes bytes only, and a write ends when it was read":
    "workerd reports a write of text as an error of the runtime",
  "FixedLengthStream holds its writer to the length": "workerd lets a writer close early",
  "text streams join what was split": "workerd has no ignoreBOM for TextDecoderStream",
  "Ed25519: generated, exported, imported and used in every format":
    "workerd throws for a signature of another length instead of answering false",
  "refused: an operation that the algorithm lacks": "workerd looks at the key's usages first",
  "refused: an algorithm without a name": "workerd takes the missing name for an unknown one",
  "refused: a usage that there is not": "workerd says SyntaxError, as for a usage that the algorithm lacks",
  "refused: a format that is none": "workerd says NotSupportedError",
  "refused: a private key that is for verifying": "workerd reads the key before its usages",
  "keys are wrapped and unwrapped by every cipher, in every format":
    "workerd does not pad a JSON Web Key to the whole blocks that AES-KW wants",
  "DigestStream refuses what is no bytes": "workerd reports a write of a number as an error of the runtime",
  "rewriting: elements that are closed by another's end tag": "workerd loses what was put into all but one of them",
  "rewriting: a script is text": "workerd gives a text in more chunks",
  "rewriting: SVG and MathML": "workerd has foreignObject in the namespace of HTML, and takes no CDATA after it",
  'the selector "p:not(p.x, [lang])"': "workerd matches nothing by a :not() of several",
  "the rewritten response has not the length of the old one": "workerd keeps the header",
  "the source of a document is cancelled with the reason of its reader": "workerd does not tell the source",
  "performance keeps marks and measures": "workerd does not copy what a mark is given",
  "performance.measure refuses a mark that there is not": "workerd measures from the beginning",
  "messages wait until a port is started": "workerd delivers them as soon as somebody listens",
  "a message comes after what runs and its microtasks": "workerd delivers a message as a microtask",
  "array buffers are transferred": "workerd does not support transfer lists",
  "event stream: an empty line of data is data": "workerd gives no event without text",
  "event stream: an id with a zero is ignored": "workerd takes it",
  "URLPattern takes nothing for no match where it is no URL": "workerd takes a path for a URL",
  "an error of the source is the document's": "workerd never ends the document",
};

const all = {
  ...blob,
  ...cache,
  ...compression,
  ...consoleChecks,
  ...cryptoChecks,
  ...encoding,
  ...events,
  ...eventSource,
  ...fetchChecks,
  ...formdata,
  ...htmlRewriter,
  ...messageChannel,
  ...misc,
  ...streams,
  ...subtleChecks,
  ...urlChecks,
  ...urlPattern,
};
for (const [name, run] of Object.entries(all)) {
  const about = needCache.includes(name) ? { mayflyOnly: "workerd has no cache of its own" }
    : differences[name] ? { differs: differences[name] } : {};
  check(name, about, run);
}

/** What `fetch()` reaches. */
export class Site extends WorkerEntrypoint {
  fetch(request) {
    return site(request);
  }
}

export default suite();
