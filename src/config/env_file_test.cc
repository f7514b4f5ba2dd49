// SPDX-License-Identifier: Apache-2.0
#include "config/env_file.h"

#include <gtest/gtest.h>

namespace mayfly::config {
namespace {

EnvVariables parsed(std::string_view text) {
  auto variables = parseEnvFile(text);
  EXPECT_TRUE(variables) << variables.error().message;
  return variables ? *variables : EnvVariables{};
}
std::string errorOf(std::string_view text) {
  auto variables = parseEnvFile(text);
  return variables ? "no error" : variables.error().message;
}

TEST(EnvFile, HasNamesAndValues) {
  EXPECT_EQ(parsed("A=1\n\n  # comment\nexport B = two words \r\nC=\nA=last"),
            (EnvVariables{{"B", "two words"}, {"C", ""}, {"A", "last"}}));
}

TEST(EnvFile, TakesCommentsFromBareValuesAlone) {
  EXPECT_EQ(parsed("A=1 # one\nB=a#b\nC=\"x # y\" # z\nD=# nothing"),
            (EnvVariables{{"A", "1"}, {"B", "a#b"}, {"C", "x # y"}, {"D", ""}}));
}

TEST(EnvFile, KeepsWhatStandsInQuotes) {
  EXPECT_EQ(
      parsed("A=' x '\nB=\"a\\nb\\\"c\\d\"\nC='a\\nb'\nD=`it's \"so\"`\nE=\"two\nlines\"\nF=1"),
      (EnvVariables{
          {"A", " x "}, {"B", "a\nb\"c\\d"}, {"C", "a\\nb"}, {"D", "it's \"so\""}, {"E", "two\nlines"}, {"F", "1"}}));
}

TEST(EnvFile, NamesTheLineThatIsWrong) {
  EXPECT_EQ(errorOf("A=1\nB"), "line 2 is not of the form NAME=value");
  EXPECT_EQ(errorOf("=1"), "line 1 has \"\" in place of a name");
  EXPECT_EQ(errorOf("A B=1"), "line 1 has \"A B\" in place of a name");
  EXPECT_EQ(errorOf("A=\"x\ny\"\nB='z"), "line 3 begins a quote that does not end");
  EXPECT_EQ(errorOf("A='x' y"), "line 1 goes on after the quote");
  EXPECT_EQ(errorOf("A=1\nB=\xff"), "line 2 is not UTF-8");
}

}  // namespace
}  // namespace mayfly::config
