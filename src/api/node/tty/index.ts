// SPDX-License-Identifier: Apache-2.0
// node:tty: there is no terminal.
import { notImplemented } from "mayfly:node/internal";

function ReadStream(): never {
  throw notImplemented("tty.ReadStream");
}
function WriteStream(): never {
  throw notImplemented("tty.WriteStream");
}

export default { isatty: () => false, ReadStream, WriteStream };
