// SPDX-License-Identifier: Apache-2.0
// Text of untrusted origin for a terminal or a log: control characters become visible, so that they cannot move the
// cursor, change colours or forge lines.
#pragma once

#include <string>
#include <string_view>

namespace mayfly::supervisor {

// `lineBreak` is what a line end within the text becomes; one at the end of the text is dropped.
std::string shownText(std::string_view text, std::string_view lineBreak);

}  // namespace mayfly::supervisor
