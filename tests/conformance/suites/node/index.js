// SPDX-License-Identifier: Apache-2.0
//
// Modules of Node: what programs and npm packages use of them.

import { suite } from "../../check.js";
import "./assert.js";
import "./async_context.js";
import "./buffer.js";
import "./crypto.js";
import "./crypto_keys.js";
import "./diagnostics.js";
import "./events.js";
import "./fs.js";
import "./http.js";
import "./http_server.js";
import "./modules.js";
import "./net.js";
import "./path.js";
import "./process.js";
import "./readline.js";
import "./stand_ins.js";
import "./streams.js";
import "./text.js";
import "./timers.js";
import "./url.js";
import "./util.js";
import "./zlib.js";

export { Echo, Peer } from "./peer.js";
export default suite();
