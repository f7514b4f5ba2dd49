// SPDX-License-Identifier: Apache-2.0
#include "rpc/error_record.h"

#include <gtest/gtest.h>

namespace mayfly::rpc {
namespace {

TEST(ErrorRecord, IsWhatV8WritesForTheSameObject) {
  // v8.serialize({ name: "Error", message: "no" }) of Node 26.
  EXPECT_EQ(encodeErrorRecord("Error", "no").view(), std::string_view("\xff\x0fo\"\x04name\"\x05"
                                                                      "Error\"\x07message\"\x02no{\x02"));
  // Lengths of 128 and more take more bytes.
  std::string longText(200, 'x');
  EXPECT_NE(encodeErrorRecord("Error", longText).view().find("\"\xc8\x01xxx"), std::string_view::npos);
}

}  // namespace
}  // namespace mayfly::rpc
