// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace mayfly {
namespace {

constexpr size_t kNameBytesMax = 100;  // longer names are not compared: the work is quadratic

char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c + 32);
  return c == '-' ? '_' : c;
}

// Twice the number of edits; a letter in the wrong case, and - for _, costs 1.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = 2 * j;
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = 2 * i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replace = a[i - 1] == b[j - 1] ? 0 : folded(a[i - 1]) == folded(b[j - 1]) ? 1 : 2;
      current[j] = std::min({previous[j] + 2, current[j - 1] + 2, previous[j - 1] + replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 2);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

// compatibilityDate, COMPATIBILITY_DATE and compatibility-date are the same letters.
bool sameLetters(std::string_view a, std::string_view b) {
  auto letters = [](std::string_view text) {
    std::string kept;
    for (char c : text) {
      if (c != '_' && c != '-') kept += folded(c);
    }
    return kept;
  };
  return letters(a) == letters(b);
}

}  // namespace

std::string_view nearestName(std::string_view name, std::span<const std::string_view> candidates) {
  std::string_view nearest;
  if (name.size() > kNameBytesMax) return nearest;
  size_t best = std::max<size_t>(2, 2 * (std::max<size_t>(name.size(), 3) / 3)) + 1;
  for (std::string_view candidate : candidates) {
    if (candidate.size() > kNameBytesMax) continue;
    if (!name.empty() && sameLetters(name, candidate)) return candidate;
    size_t edits = distance(name, candidate);
    if (edits < best) {
      best = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string didYouMean(std::string_view name, std::span<const std::string_view> candidates) {
  auto nearest = nearestName(name, candidates);
  return nearest.empty() ? std::string() : fmt::format(" (did you mean \"{}\"?)", nearest);
}

}  // namespace mayfly
