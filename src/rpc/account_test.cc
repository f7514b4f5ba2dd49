// SPDX-License-Identifier: Apache-2.0
#include "rpc/account.h"

#include <gtest/gtest.h>

#include "rpc/pipe.h"

namespace mayfly::rpc {
namespace {

Message charged(const std::shared_ptr<Account>& account, size_t bytes) {
  Message message;
  message.charge = Charge(account, bytes);
  return message;
}

TEST(Account, CountsAMessageUntilItIsGone) {
  auto account = std::make_shared<Account>(1000);
  auto [near, far] = makePipe();
  near.send(charged(account, 600));
  near.send(charged(account, 600));
  EXPECT_EQ(account->bytes(), 1200u);
  EXPECT_TRUE(account->exceeded());
  // Closed before anybody received them.
  far.close({ErrorCode::unavailable, "gone"});
  EXPECT_EQ(account->bytes(), 0u);
  near.send(charged(account, 600));
  EXPECT_EQ(account->bytes(), 0u);
}

TEST(Account, TellsOnceThatHalfOfItIsFreeAgain) {
  int told = 0;
  auto account = std::make_shared<Account>(1000, [&] { ++told; });
  auto first = charged(account, 400);
  auto second = charged(account, 800);
  EXPECT_TRUE(account->awaitDrained());
  first = Message();
  EXPECT_EQ(told, 0);
  second = Message();
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(account->awaitDrained());
  first = charged(account, 10);
  first = Message();
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace mayfly::rpc
