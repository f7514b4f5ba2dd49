// SPDX-License-Identifier: Apache-2.0
#include "protocol/cell_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::protocol {
namespace {

Configure someConfigure() {
  WorkerSpec worker;
  worker.name = "api";
  worker.compatibilityDate = "2026-01-01";
  worker.compatibilityFlags = {"nodejs_compat", "enable_ctx_exports"};
  worker.mainModule = "index.js";
  worker.modules = {{"index.js", ModuleKind::esModule, "export default {}"},
                    {"a.wasm", ModuleKind::wasm, {0, 'a', 's'}}};
  worker.variables = {{"KEY", "\"value\""}};
  worker.loaders = {{"LOADER", "api/LOADER"}};
  worker.services = {{"SELF", "api", "Tool", "{}"}};
  worker.missingBindings = {{"KV", "kv_namespaces"}};
  worker.globalOutbound = ServiceSpec{"", "gateway", "Http", ""};
  worker.network = false;
  worker.limits[Limit::memoryMb] = 64;
  worker.inFlightMax = 4;
  worker.inFlightWaits = true;
  worker.dynamicSpread = true;
  return {.generation = 7, .dev = true, .bodyBytesMax = 1ull << 40, .grantKey = "key", .workers = {worker, worker}};
}

TEST(CellMessages, ComeBackAsTheyWereSent) {
  auto decoded = decode(encode(someConfigure()).span());
  ASSERT_TRUE(decoded) << decoded.error().message;
  const auto& configure = std::get<Configure>(*decoded);
  EXPECT_EQ(configure.generation, 7u);
  EXPECT_TRUE(configure.dev);
  EXPECT_EQ(configure.bodyBytesMax, 1ull << 40);
  EXPECT_EQ(configure.grantKey, "key");
  ASSERT_EQ(configure.workers.size(), 2u);
  const WorkerSpec& worker = configure.workers[1];
  EXPECT_EQ(worker.compatibilityFlags[1], "enable_ctx_exports");
  EXPECT_EQ(worker.modules[1].kind, ModuleKind::wasm);
  EXPECT_EQ(worker.modules[1].body, std::string("\0as", 3));
  EXPECT_EQ(worker.globalOutbound->entrypoint, "Http");
  EXPECT_FALSE(worker.network);
  EXPECT_EQ(worker.limits[Limit::memoryMb], 64u);
  EXPECT_EQ(worker.inFlightMax, 4u);
  EXPECT_TRUE(worker.inFlightWaits);
  EXPECT_TRUE(worker.dynamicSpread);

  auto log = decode(encode(Log{LogKind::exception, LogLevel::error, "api", 12.5, "text"}).span());
  ASSERT_TRUE(log);
  EXPECT_EQ(std::get<Log>(*log).timeMs, 12.5);
  EXPECT_EQ(std::get<Log>(*log).level, LogLevel::error);
  EXPECT_TRUE(decode(encode(Drained{}).span()));
}

TEST(CellMessages, OfACellAreNotReadWhenTheyAreNotACellsToSend) {
  EXPECT_TRUE(decodeFromCell(encode(Log{}).span()));
  EXPECT_TRUE(decodeFromCell(encode(WorkerGone{}).span()));
  for (const CellMessage& message : {CellMessage(someConfigure()), CellMessage(Load{}), CellMessage(Unkeep{})}) {
    auto decoded = decodeFromCell(encode(message).span());
    ASSERT_FALSE(decoded);
    EXPECT_THAT(decoded.error().message, testing::HasSubstr("is not a cell's to send"));
  }
}

TEST(CellMessages, HaveOneSpellingOnly) {
  Bytes gone = encode(WorkerGone{1, true, true});
  gone.data()[gone.size() - 1] = 2;  // a flag
  EXPECT_FALSE(decode(gone.span()));
}

TEST(CellMessages, AreRefusedWhenTruncatedAnywhere) {
  Bytes whole = encode(someConfigure());
  for (size_t size = 0; size < whole.size(); ++size) {
    auto decoded = decode(whole.span().first(size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, ErrorCode::corrupt);
  }
}

TEST(CellMessages, AreRefusedWithBytesLeftOverOrValuesOutOfRange) {
  std::vector<uint8_t> drained{6, 0};
  EXPECT_FALSE(decode(drained));
  std::vector<uint8_t> unknown{99};
  EXPECT_FALSE(decode(unknown));
  Bytes log = encode(Log{});
  log.data()[1] = 200;  // kind
  EXPECT_FALSE(decode(log.span()));
  std::vector<uint8_t> hugeCount{1, 1, 0, 0, 0, 0, 0};
  hugeCount.resize(1 + 4 + 2 + 16 + 12, 0);
  hugeCount.insert(hugeCount.end(), {0xff, 0xff, 0xff, 0xff});
  EXPECT_FALSE(decode(hugeCount));
}

}  // namespace
}  // namespace mayfly::protocol
