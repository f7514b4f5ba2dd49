// SPDX-License-Identifier: Apache-2.0
// node:https: the client. https://nodejs.org/api/https.html
import { Agent as HttpAgent, Server, createServer, makeClient } from "mayfly:node/http";

class Agent extends HttpAgent {
  constructor(options?: object) {
    super(options, "https:");
  }
}

// Who ends TLS is the supervisor, so a server here is as that of node:http, and its key and certificate are not used.
export default { ...makeClient("https:"), Agent, Server, createServer };
