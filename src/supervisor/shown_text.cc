// SPDX-License-Identifier: Apache-2.0
#include "supervisor/shown_text.h"

#include <fmt/format.h>

#include <iterator>

namespace mayfly::supervisor {

std::string shownText(std::string_view text, std::string_view lineBreak) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    bool isLast = i + 1 == text.size();
    // U+0080 to U+009F in UTF-8: some terminals obey them.
    bool isC1 = c == 0xc2 && !isLast && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c == '\n') {
      if (!isLast) out.append(lineBreak);
    } else if (isC1) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else if ((c < 0x20 && c != '\t') || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", c);
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace mayfly::supervisor
