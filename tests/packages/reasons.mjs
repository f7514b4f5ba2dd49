// SPDX-License-Identifier: Apache-2.0
//
// Where a package does not do its job, and why: reasons[name][runtime][place], place "host" or "dynamic".
export const reasons = {};
