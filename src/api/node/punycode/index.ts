// SPDX-License-Identifier: Apache-2.0
// node:punycode, which Node has from this very package.
import punycode from "punycode/punycode.es6.js";

export default punycode;
