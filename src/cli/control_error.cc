// SPDX-License-Identifier: Apache-2.0
#include "cli/control_error.h"

#include <boost/json.hpp>

namespace mayfly::cli {
namespace {

std::string textOf(const boost::json::value& error, std::string_view name) {
  const auto* object = error.if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains(name);
  return member == nullptr || !member->is_string() ? "" : std::string(member->get_string());
}

}  // namespace

std::string describeError(const boost::json::value& error) {
  if (error.is_string()) return std::string(error.get_string());
  std::string name = textOf(error, "name");
  std::string message = textOf(error, "message");
  std::string stack = textOf(error, "stack");
  std::string line = name.empty() ? message : message.empty() ? name : name + ": " + message;
  if (line.empty() && stack.empty()) return boost::json::serialize(error);
  if (stack.find(message) != stack.npos) return stack;
  return stack.empty() ? line : line + "\n" + stack;
}

bool isLimit(const boost::json::value& error) {
  std::string code = textOf(error, "code");
  return code == "limit" || code == "timeout";
}

}  // namespace mayfly::cli
