// SPDX-License-Identifier: Apache-2.0
// What the supervisor does with files and sockets: finding its own, watching them, listening.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "supervisor/installation.h"
#include "supervisor/listeners.h"
#include "supervisor/watcher.h"

namespace mayfly::supervisor {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mayfly-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }
  fs::path write(const fs::path& name, std::string_view text = "x") {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
    return root_ / name;
  }
  int changesAfter(auto act) {
    changes_ = 0;
    act();
    context_.restart();
    context_.run_for(150ms);
    return changes_;
  }

  fs::path root_;
  boost::asio::io_context context_{1};
  int changes_ = 0;
  Watcher watcher_{context_, [this] { ++changes_; }};
};

TEST_F(FilesTest, WatcherTellsOnceOfWritesThatFollowOneAnother) {
  auto file = write("a/index.js");
  auto other = write("b/lib.js");
  ASSERT_TRUE(watcher_.watch({file, other, root_ / "missing" / "x.js"}));
  EXPECT_EQ(changesAfter([&] { write("a/index.js"), write("a/index.js"), write("b/lib.js"); }), 1);
  EXPECT_EQ(changesAfter([&] { write("b/lib.js"); }), 1);
}

TEST_F(FilesTest, WatcherSeesFilesThatAreReplacedOrRemoved) {
  auto file = write("index.js");
  ASSERT_TRUE(watcher_.watch({file}));
  EXPECT_EQ(changesAfter([&] { fs::rename(write("index.js.new"), file); }), 1);
  EXPECT_EQ(changesAfter([&] { fs::remove(file); }), 1);
}

TEST_F(FilesTest, WatcherIgnoresOtherFilesUnlessAsked) {
  auto file = write("index.js");
  ASSERT_TRUE(watcher_.watch({file}));
  EXPECT_EQ(changesAfter([&] { write("other.js"); }), 0);
  watcher_.watchNeighbours();
  EXPECT_EQ(changesAfter([&] { write("other.js"); }), 1);
  EXPECT_EQ(changesAfter([&] { write(".other.js.swp"); }), 0);
}

TEST_F(FilesTest, WatcherForgetsWhatIsNotListedAgain) {
  auto a = write("a/index.js");
  auto b = write("b/index.js");
  ASSERT_TRUE(watcher_.watch({a, b}));
  ASSERT_TRUE(watcher_.watch({b}));
  EXPECT_EQ(changesAfter([&] { write("a/index.js"); }), 0);
  EXPECT_EQ(changesAfter([&] { write("b/index.js"); }), 1);
}

TEST_F(FilesTest, InstallationIsFoundInTheBuildDirectoryAndUnderAPrefix) {
  auto executable = write("build/mayfly");
  auto missing = findInstallation(executable, "");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("bin/node is missing: build again"), std::string::npos)
      << missing.error().message;
  auto node = write("somewhere/node");
  for (const char* name : {"build/mayfly-launch", "build/cell.cjs", "build/cell.node", "build/snapshot.bin"})
    write(name);
  write("tools/bundle.mjs");
  auto found = findInstallation(executable, node.string());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->cellScript, root_ / "build/cell.cjs");
  EXPECT_EQ(found->node, node);

  auto installed = write("usr/bin/mayfly");
  for (const char* name : {"node", "mayfly-launch", "cell.cjs", "cell.node", "snapshot.bin", "tools/bundle.mjs"})
    write(fs::path("usr/lib/mayfly") / name);
  found = findInstallation(installed, "");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->node, root_ / "usr/lib/mayfly/node");
}

TEST(Listeners, TakeAnyPortThatIsFreeAndSayWhichIsInUse) {
  auto first = Listeners::open("127.0.0.1", 0);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(first->url().starts_with("http://127.0.0.1:")) << first->url();
  auto port = static_cast<uint16_t>(std::stoi(first->url().substr(17)));
  EXPECT_GT(port, 0);
  auto second = Listeners::open("127.0.0.1", port);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            fmt::format("port {} on 127.0.0.1 is in use by another program: end that one, or choose "
                        "another port with --port N (port 0 takes any that is free)",
                        port));
}

TEST(Listeners, RefuseWhatIsNoAddressOfThisMachine) {
  EXPECT_NE(Listeners::open("192.0.2.1", 0).error().message.find("not an address of this machine"), std::string::npos);
  EXPECT_NE(Listeners::open("no such host", 0).error().message.find("--host no such host: "), std::string::npos);
}

}  // namespace
}  // namespace mayfly::supervisor
