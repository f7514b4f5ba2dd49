// SPDX-License-Identifier: Apache-2.0
// What a worker's compatibility date and flags ask for. One table (compatibility_table.h) serves the configuration of
// the operator's workers and the code of dynamic ones, so a flag is known to both or to neither.
//
// Mayfly begins in 2026: a behaviour that the platform corrected before then exists here in its corrected form only,
// whatever the date says. Such flags are accepted and listed in `withoutEffect`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mayfly {

// The newest date whose flags the table knows. A clock that is behind it does not make that date "the future".
inline constexpr std::string_view kNewestCompatibilityDate = "2026-11-17";

// The behaviours that differ here by date or flag.
struct CompatibilityFlags {
  bool nodejsCompat = false;                // node:* modules
  bool nodejsCompatV2 = false;              // the same without "node:"; Buffer, process, global, setImmediate
  bool nodejsAls = false;                   // node:async_hooks alone
  bool populateProcessEnv = false;          // process.env holds the worker's string variables
  bool ctxExports = false;                  // ctx.exports
  bool enhancedErrorSerialization = false;  // errors keep their own properties and class across RPC
  bool rpcParamsDupStubs = false;           // stubs among arguments are duplicated, not handed over
  bool rpcDisposeCancels = false;           // disposing of a call's promise cancels the call
  bool noImportableEnv = false;             // the env of "cloudflare:workers" is empty
  bool assetsNavigation = false;            // a browser that opens a page gets the not-found page, not the worker
  bool evalDuringStartup = false;           // text may become code until the worker has started
  bool requireReturnsDefault = false;       // require() of an ES module gives its default export
  bool webSocketsReplyToClose = false;      // a close frame is answered at once
  bool webSocketReasonLimit = false;        // close() with a reason that is too long throws
  bool webSocketBlobs = false;              // binaryType is "blob" at first
  bool experimental = false;

  std::vector<std::string> withoutEffect;  // flags named by the worker that change nothing here
};

struct CompatibilityOptions {
  std::string_view today;          // YYYY-MM-DD; empty: todayUtc()
  bool allowExperimental = false;  // accept flags that the platform calls experimental
};

// Fails with ErrorCode::invalid and the platform's own texts.
Result<CompatibilityFlags> resolveCompatibility(std::string_view date, std::span<const std::string> flags,
                                                const CompatibilityOptions& options);

// Fails when `date` is no calendar date of the form YYYY-MM-DD or lies after `today`.
Result<void> checkCompatibilityDate(std::string_view date, std::string_view today);

// Every name that may stand in compatibility_flags: for error messages that name the nearest.
std::vector<std::string_view> compatibilityFlagNames();

// The date of the clock in UTC, or kNewestCompatibilityDate if the clock is behind that.
std::string todayUtc();

}  // namespace mayfly
