// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/control_error.h"
#include "cli/json_member.h"

namespace mayfly::cli {
namespace {

Result<Options> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "mayfly");
  return parseOptions(static_cast<int>(words.size()), words.data());
}

TEST(Options, AreReadForEachCommand) {
  auto dev = parse({"dev", "a", "b", "--port", "0", "--host", "::1", "--env", "staging", "--log", "json", "--shards",
                    "4", "--log-events"});
  ASSERT_TRUE(dev) << dev.error().message;
  EXPECT_EQ(dev->command, Command::dev);
  EXPECT_EQ(dev->paths, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(dev->port, 0);
  EXPECT_EQ(dev->host, "::1");
  EXPECT_EQ(dev->environment, "staging");
  EXPECT_EQ(dev->log, supervisor::LogFormat::json);
  EXPECT_EQ(dev->shards, 4u);
  EXPECT_TRUE(dev->logEvents);

  auto run = parse({"run", "--env", "A=1", "x.js", "--env", "B=c=d", "--input", "{\"n\": 1}", "--cpu-ms", "50"});
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->command, Command::run);
  EXPECT_EQ(run->paths, std::vector<std::string>{"x.js"});
  EXPECT_EQ(run->variables[1], (std::pair<std::string, std::string>("B", "c=d")));
  EXPECT_EQ(run->inputJson, "{\"n\": 1}");
  EXPECT_EQ(run->cpuMs, 50u);

  auto test = parse({"test", "dir", "--filter", "stream", "--expose-gc", "--timeout", "500"});
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_TRUE(test->exposeGc);
  EXPECT_EQ(test->timeoutMs, 500u);
  EXPECT_EQ(parse({"dev", "x"})->sandbox, sandbox::Level::bestEffort);
  EXPECT_EQ(parse({"serve", "x"})->sandbox, sandbox::Level::required);
  EXPECT_EQ(parse({"serve", "x", "--sandbox", "off"})->sandbox, sandbox::Level::off);
  EXPECT_EQ(parse({"doctor"})->command, Command::doctor);
  EXPECT_EQ(parse({"--help"})->command, Command::help);
  EXPECT_EQ(parse({"dev", "--help"})->command, Command::help);
  EXPECT_EQ(parse({"--version"})->command, Command::version);
}

TEST(Options, AreRefusedWithWhatWouldBeRight) {
  const std::pair<std::vector<const char*>, std::string_view> cases[] = {
      {{}, "say what to do: dev, serve, test, run, types or doctor"},
      {{"sevre", "x"}, "\"sevre\" is no command: did you mean serve?"},
      {{"frobnicate"}, "there are dev, serve, test, run, types and doctor"},
      {{"dev"}, "name a directory or file"},
      {{"dev", "x", "--port", "70000"}, "--port"},
      {{"dev", "x", "--port", "-1"}, "--port"},
      {{"dev", "x", "--shards", "0"}, "--shards"},
      {{"dev", "x", "--log", "xml"}, "--log"},
      {{"serve", "x", "--sandbox", "some"}, "--sandbox"},
      {{"dev", "x", "--cpu-ms", "5"}, "--cpu-ms"},
      {{"run"}, "mayfly run FILE"},
      {{"run", "a.js", "b.js"}, "run takes one module, but 2 were named"},
      {{"run", "a.js", "--env", "A"}, "--env A: a variable is given as NAME=VALUE"},
      {{"run", "a.js", "--input", "{n: 1}"}, "--input: \"{n: 1}\" is not JSON"},
  };
  for (const auto& [words, text] : cases) {
    auto parsed = parse(words);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find(text), std::string::npos) << parsed.error().message;
    EXPECT_EQ(parsed.error().message.find('\n'), std::string::npos);
  }
}

TEST(Options, SayWhatARunMayUse) {
  auto run = parse({"run", "a.js", "--cpu-ms", "50", "--memory-mb", "32", "--allow", "https://api.example.com",
                    "--allow", "*.example.org:443"});
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->cpuMs, 50u);
  EXPECT_EQ(run->memoryMb, 32u);
  EXPECT_EQ(run->allow, (std::vector<std::string>{"https://api.example.com", "*.example.org:443"}));
  auto odd = parse({"run", "a.js", "--allow", "10.0.0.1/8"});
  ASSERT_FALSE(odd);
  EXPECT_TRUE(odd.error().message.starts_with("--allow: \"10.0.0.1/8\"")) << odd.error().message;
  EXPECT_FALSE(parse({"run", "a.js", "--memory-mb", "1"}));
}

TEST(Options, TakeAControlListenerOnlyWithATokenFile) {
  EXPECT_FALSE(parse({"serve", "a", "--control", "9000"}));
  EXPECT_FALSE(parse({"serve", "a", "--control-token-file", "/dev/null"}));
  EXPECT_FALSE(parse({"serve", "a", "--control", "127.0.0.1:x", "--control-token-file", "/dev/null"}));
  auto empty = parse({"serve", "a", "--control", "[::1]:9000", "--control-token-file", "/dev/null"});
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().message.find("16 to 512"), std::string::npos) << empty.error().message;
}

TEST(JsonMember, IsTheTextOfAMember) {
  std::string_view json =
      R"( { "a" : [1, {"result": "no"}, "]"], "b":"x\"}", "result" : 0.1000000000000000055 , "c":{"d":[]} } )";
  EXPECT_EQ(jsonMember(json, "result"), "0.1000000000000000055");
  EXPECT_EQ(jsonMember(json, "a"), R"([1, {"result": "no"}, "]"])");
  EXPECT_EQ(jsonMember(json, "b"), R"("x\"}")");
  EXPECT_EQ(jsonMember(json, "c"), R"({"d":[]})");
  EXPECT_EQ(jsonMember(json, "d"), std::nullopt);
  EXPECT_EQ(jsonMember("{}", "a"), std::nullopt);
  EXPECT_EQ(jsonMember(R"({"a":true})", "a"), "true");
}

TEST(ControlError, IsDescribedWithItsStackWhereThereIsOne) {
  auto describe = [](std::string_view text) { return describeError(boost::json::parse(text)); };
  EXPECT_EQ(describe(R"("text")"), "text");
  EXPECT_EQ(describe(R"({"name":"TypeError","message":"no"})"), "TypeError: no");
  EXPECT_EQ(describe(R"({"name":"TypeError","message":"no","stack":"TypeError: no\n    at x"})"),
            "TypeError: no\n    at x");
  EXPECT_EQ(describe(R"({"name":"E","message":"no","stack":"    at x"})"), "E: no\n    at x");
  EXPECT_TRUE(isLimit(boost::json::parse(R"({"code":"limit"})")));
  EXPECT_FALSE(isLimit(boost::json::parse(R"("limit")")));
}

}  // namespace
}  // namespace mayfly::cli
