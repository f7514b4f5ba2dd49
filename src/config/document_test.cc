// SPDX-License-Identifier: Apache-2.0
#include "config/document.h"

#include <gtest/gtest.h>

namespace mayfly::config {
namespace {

std::string errorOf(std::string_view text, const char* path = "a.jsonc") {
  auto document = std::filesystem::path(path).extension() == ".toml" ? parseToml(text, path) : parseJsonc(text, path);
  return document ? "no error" : document.error().message;
}

TEST(Jsonc, ReadsCommentsTrailingCommasAndAByteOrderMark) {
  auto document =
      parseJsonc("\xEF\xBB\xBF// first\n{\n  /* in\n between */ \"a\": [1, -2.5e3, true, null,],\n}\n", "a.jsonc");
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(toJson(document->root), R"({"a":[1,-2.5e3,true,null]})");
}

TEST(Jsonc, KnowsWhereEachKeyAndValueStands) {
  auto document = parseJsonc("{\n  \"a\": {\n    \"b\":   \"c\"\n  }\n}", "a.jsonc");
  ASSERT_TRUE(document);
  const Member& b = document->root.find("a")->members[0];
  EXPECT_EQ(document->where(b.at), "a.jsonc:3:5");
  EXPECT_EQ(document->where(b.value.at), "a.jsonc:3:12");
}

TEST(Jsonc, DecodesEscapesToUtf8) {
  auto document = parseJsonc(R"({"a": "\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00"})", "a.jsonc");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root.find("a")->text, "\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(Jsonc, SaysWhatWasExpectedAndWhere) {
  EXPECT_EQ(errorOf(""), "a.jsonc:1:1: the file is empty; at least {\"name\": ..., \"main\": ...} is needed");
  EXPECT_EQ(errorOf(" \n// nothing\n"),
            "a.jsonc:3:1: the file is empty; at least {\"name\": ..., \"main\": ...} is needed");
  EXPECT_EQ(errorOf("[1]"), "a.jsonc:1:1: expected '{', found '['");
  EXPECT_EQ(errorOf("{\"a\": 1 \"b\": 2}"), "a.jsonc:1:9: expected ',' or '}' after the value of \"a\", found '\"'");
  EXPECT_EQ(errorOf("{\"a\": [1 2]}"), "a.jsonc:1:10: expected ',' or ']' after the element, found '2'");
  EXPECT_EQ(errorOf("{\"a\" 1}"), "a.jsonc:1:6: expected ':' after key \"a\", found '1'");
  EXPECT_EQ(errorOf("{a: 1}"), "a.jsonc:1:2: expected a key in double quotes or '}', found 'a'");
  EXPECT_EQ(errorOf("{\"a\": 'b'}"),
            "a.jsonc:1:7: expected a value, found a single quote: strings stand in double quotes");
  EXPECT_EQ(errorOf("{\"a\": undefined}"), "a.jsonc:1:7: expected a value, found 'u'");
  EXPECT_EQ(errorOf("{\"a\": \"b\n\"}"), "a.jsonc:1:7: this string has no closing double quote");
  EXPECT_EQ(errorOf("{\n\"a\": 1\n"), "a.jsonc:1:1: this '{' has no '}'");
  EXPECT_EQ(errorOf("{\"a\": 1} x"), "a.jsonc:1:10: expected the end of the file, found 'x'");
  EXPECT_EQ(errorOf("{} /* "), "a.jsonc:1:4: this comment has no end: expected */");
  EXPECT_EQ(errorOf("{\"a\": 01}"), "a.jsonc:1:7: a number must not begin with 0");
  EXPECT_EQ(errorOf("{\"a\": \"\\ud83d\"}"), "a.jsonc:1:8: half of a surrogate pair is missing");
  EXPECT_EQ(errorOf("{\"a\": \"\\x\"}"),
            "a.jsonc:1:8: no such escape; \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX exist");
}

TEST(Jsonc, RefusesAKeyThatStandsTwice) {
  EXPECT_EQ(errorOf("{\"a\": 1,\n \"a\": 2}"), "a.jsonc:2:2: key \"a\" stands twice, first in line 1");
}

TEST(Jsonc, RefusesBytesThatAreNotUtf8) {
  EXPECT_EQ(errorOf("{\n\"a\": \"\xFF\"}"), "a.jsonc:2:7: is not UTF-8 here");
  EXPECT_EQ(errorOf("{\"a\": \"\xED\xA0\x80\"}"), "a.jsonc:1:8: is not UTF-8 here");
}

TEST(Jsonc, RefusesDeepNesting) {
  std::string deep(200, '[');
  EXPECT_EQ(errorOf("{\"a\": " + deep + "}").find("nested deeper than 100 levels") != std::string::npos, true);
}

TEST(Jsonc, SurvivesEveryPrefixOfAFile) {
  std::string_view whole =
      "{\"a\": [1, -2.5e3, true, null, \"\\u0041\\n\"], /* c */ \"b\": {\"c\": \"\xC3\xA9\"}, // d\n}";
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(parseJsonc(whole.substr(0, size), "a.jsonc")) << size;
  EXPECT_TRUE(parseJsonc(whole, "a.jsonc"));
}

TEST(Toml, KnowsWhereEachKeyAndValueStands) {
  auto document = parseToml("name = \"x\"\n[vars]\nA = 1\n\n[[services]]\nbinding = \"B\"\n", "a.toml");
  ASSERT_TRUE(document) << document.error().message;
  const Member& a = document->root.find("vars")->members[0];
  EXPECT_EQ(document->where(a.at), "a.toml:3:1");
  EXPECT_EQ(document->where(a.value.at), "a.toml:3:5");
  EXPECT_EQ(toJson(document->root), R"({"name":"x","services":[{"binding":"B"}],"vars":{"A":1}})");
}

TEST(Toml, RefusesKeysThatNestWithoutEnd) {
  std::string deep = "a = 1\nb";
  for (int i = 0; i < 100'000; ++i) deep += ".b";
  auto document = parseToml(deep + " = 1", "a.toml");
  ASSERT_FALSE(document);
  EXPECT_TRUE(document.error().message.starts_with("a.toml:2:1: a line may hold 1000 dots"))
      << document.error().message;
}

TEST(Toml, SaysWhereItIsBroken) {
  EXPECT_TRUE(errorOf("name = \n", "a.toml").starts_with("a.toml:1:")) << errorOf("name = \n", "a.toml");
  EXPECT_EQ(errorOf("", "a.toml"), "a.toml:1:1: the file is empty; at least name = ... and main = ... are needed");
  EXPECT_EQ(errorOf("a = 2026-01-01\n", "a.toml"), "a.toml:1:5: dates and times must stand in quotes");
  EXPECT_EQ(errorOf("a = inf\n", "a.toml"), "a.toml:1:5: nan and inf have no place here");
}

}  // namespace
}  // namespace mayfly::config
