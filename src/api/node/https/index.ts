// SPDX-License-Identifier: Apache-2.0
// node:https: the client. https://nodejs.org/api/https.html
import { Agent as HttpAgent, makeClient } from "mayfly:node/http";

class Agent extends HttpAgent {
  constructor(options?: object) {
    super(options, "https:");
  }
}

export default { ...makeClient("https:"), Agent };
