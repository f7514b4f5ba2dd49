// SPDX-License-Identifier: Apache-2.0
import "./host_types.ts";

export { fetch } from "./fetch.ts";
export { Headers } from "./headers.ts";
export { requestFromMessage, sendRequest, sendResponse } from "./message.ts";
export { Request, abortRequest } from "./request.ts";
export { Response } from "./response.ts";
