// SPDX-License-Identifier: Apache-2.0
// The module cloudflare:sockets, and what connect() of a service and the connect() handlers need of it.
export { acceptSocket, connect, connectThrough } from "./connect.ts";
