// SPDX-License-Identifier: Apache-2.0
// The files _redirects and _headers of a directory of static files, as rules. They are applied where the files are
// served (api/platform/assets/rules.ts).
// https://developers.cloudflare.com/workers/static-assets/redirects/
// https://developers.cloudflare.com/workers/static-assets/headers/
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace mayfly::supervisor {

struct RedirectRule {
  std::string from;  // a path; "*" is anything, ":name" what stands between two slashes
  std::string to;    // a path or an address, with ":splat" and ":name" for these
  int status = 302;  // 200: the file of another path is the answer
};

struct HeaderRule {
  std::string from;  // a path or an address of https, as above
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<std::string> unset;
};

// Errors have the number of the line: "3: the status 299 is none of 200, 301...".
Result<std::vector<RedirectRule>> parseRedirectRules(std::string_view text);
Result<std::vector<HeaderRule>> parseHeaderRules(std::string_view text);

}  // namespace mayfly::supervisor
