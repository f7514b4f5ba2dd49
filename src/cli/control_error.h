// SPDX-License-Identifier: Apache-2.0
// The `error` of a control answer: { name, message, stack?, code? }, or a text.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace mayfly::cli {

// The stack if there is one (it begins with name and message), else name and message.
std::string describeError(const boost::json::value& error);
// Whether a limit ended the code rather than a fault of its own.
bool isLimit(const boost::json::value& error);

}  // namespace mayfly::cli
