// SPDX-License-Identifier: Apache-2.0
export { MessageChannel, MessagePort } from "./message_channel.ts";
