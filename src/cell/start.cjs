// SPDX-License-Identifier: Apache-2.0
// What Node's executable runs to be a cell.
require("./cell.node").main(process.argv.slice(2));
