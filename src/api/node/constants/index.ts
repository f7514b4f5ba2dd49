// SPDX-License-Identifier: Apache-2.0
// node:constants: an old name of what os, fs and crypto have.
const { constants } = requireGroup("mayfly:node/os");

export default {
  ...constants.dlopen, ...constants.errno, ...constants.priority, ...constants.signals,
  ...requireGroup("mayfly:node/fs").default.constants, ...requireGroup("mayfly:node/crypto").default.constants,
};
