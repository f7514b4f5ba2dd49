// SPDX-License-Identifier: Apache-2.0
// Control messages: what is accepted is written again as the same bytes.
#include <algorithm>

#include "fuzz/target.h"
#include "protocol/cell_messages.h"

MAYFLY_FUZZ_TARGET(control) {
  auto message = mayfly::protocol::decode(input);
  auto fromCell = mayfly::protocol::decodeFromCell(input);
  mayfly::fuzz::require(message.has_value() || !fromCell, "a cell may send no more than others");
  if (!message) return;
  auto again = mayfly::protocol::encode(*message);
  mayfly::fuzz::require(std::ranges::equal(again.span(), input), "a control message is written as it was read");
}
