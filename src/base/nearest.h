// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the known name that a mistyped one is closest to.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mayfly {

// The candidate with the fewest edits (insert, delete, replace, swap neighbours; case counts half) if they are few
// enough to be a slip; otherwise empty.
std::string_view nearestName(std::string_view name, std::span<const std::string_view> candidates);

// ` (did you mean "x"?)`, or empty when nothing is near.
std::string didYouMean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace mayfly
