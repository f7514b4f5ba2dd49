// SPDX-License-Identifier: Apache-2.0
// node:sys: an old name of node:util.
export default requireGroup("mayfly:node/util").default;
