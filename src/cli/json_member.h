// SPDX-License-Identifier: Apache-2.0
// A member of a JSON object as the text it was written in, so that numbers keep every digit.
#pragma once

#include <optional>
#include <string_view>

namespace mayfly::cli {

// `json` is a well-formed object. None when it has no such member.
std::optional<std::string_view> jsonMember(std::string_view json, std::string_view name);

}  // namespace mayfly::cli
