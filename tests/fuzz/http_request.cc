// SPDX-License-Identifier: Apache-2.0
// A request head comes to the same end whole and in pieces, and what was accepted leaves no room for a second reading.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/target.h"
#include "http/request_parser.h"

namespace {

using mayfly::fuzz::require;
using mayfly::http::Limits;
using mayfly::http::RequestParser;

struct Outcome {
  RequestParser::Progress progress;
  std::string text;  // of all that the head says
  bool operator==(const Outcome&) const = default;
};

void checkAccepted(const mayfly::http::RequestHead& head) {
  auto plain = [](std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos; };
  require(!head.method.empty() && !head.target.empty(), "a method and a target are there");
  require(plain(head.method) && plain(head.target) && plain(head.authority) && plain(head.path), "parts are one line");
  for (const auto& [name, value] : head.fields) {
    require(!name.empty() && plain(name) && plain(value), "fields are one line");
    require(std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }), "names are in lower case");
    require(name.find_first_of(" \t:") == name.npos, "names are tokens");
  }
  auto count = [&](std::string_view name) { return std::ranges::count(head.fields, name, &mayfly::http::Field::name); };
  require(count("host") <= 1, "there is one host");
  require(count("transfer-encoding") == 0 || count("content-length") == 0, "the framing is said once");
}

// `step` bytes more at each turn, 0: all at once. The buffer moves each time.
Outcome parse(std::string_view input, size_t step, const Limits& limits) {
  RequestParser parser;
  std::vector<char> bytes;
  size_t given = 0;
  auto progress = RequestParser::Progress::more;
  do {
    given = step == 0 ? input.size() : std::min(given + step, input.size());
    std::vector<char> moved(input.begin(), input.begin() + static_cast<ptrdiff_t>(given));
    std::copy(bytes.begin(), bytes.end(), moved.begin());  // names have become lower case
    bytes.swap(moved);
    progress = parser.parse(bytes, limits);
  } while (progress == RequestParser::Progress::more && given < input.size());
  Outcome outcome{progress, {}};
  if (progress == RequestParser::Progress::rejected) {
    require(parser.rejection().status >= 400, "a rejection has a status");
    outcome.text = parser.rejection().text;
  } else if (progress == RequestParser::Progress::done) {
    require(parser.headBytes() <= bytes.size(), "the head lies in the input");
    std::vector<char> elsewhere = bytes;
    parser.moved(elsewhere);
    bytes.swap(elsewhere);
    elsewhere.clear();
    const auto& head = parser.head();
    checkAccepted(head);
    for (std::string_view part : {head.method, head.target, head.authority, head.path}) {
      outcome.text.append(part).push_back('\n');
    }
    for (const auto& [name, value] : head.fields) outcome.text.append(name).append(": ").append(value).push_back('\n');
    outcome.text += std::to_string(parser.headBytes()) + ' ' + std::to_string(head.length) + ' ' +
                    std::to_string(static_cast<int>(head.framing)) + (head.keepAlive ? " keep" : " close");
  }
  return outcome;
}

}  // namespace

MAYFLY_FUZZ_TARGET(http_request) {
  mayfly::fuzz::Input in(input);
  size_t step = in.byte();
  Limits limits;
  if (in.byte() % 4 == 0) limits = {.headerBytesMax = 200, .urlBytesMax = 50, .fieldsMax = 3};
  Outcome whole = parse(in.text(), 0, limits);
  Outcome pieces = parse(in.text(), step + 1, limits);
  // A limit may be met before or after another fault, by what is there at the time.
  bool bothRejected = whole.progress == RequestParser::Progress::rejected && pieces.progress == whole.progress;
  require(bothRejected || whole == pieces, "pieces make no difference");
}
