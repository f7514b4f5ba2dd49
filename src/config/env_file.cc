// SPDX-License-Identifier: Apache-2.0
#include "config/env_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/document.h"

namespace mayfly::config {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFileBytesMax = 1 << 20;
constexpr std::string_view kBlank = " \t\r";

class EnvParser {
 public:
  explicit EnvParser(std::string_view text) : text_(text) {}

  Result<EnvVariables> parse() {
    if (size_t bad = findBadUtf8(text_); bad < text_.size()) {
      line_ += std::ranges::count(text_.substr(0, bad), '\n');
      return wrong("is not UTF-8");
    }
    while (at_ < text_.size()) {
      if (auto read = readLine(); !read) return std::unexpected(read.error());
    }
    return std::move(variables_);
  }

 private:
  Result<void> readLine() {
    skip(kBlank);
    if (at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '#') {
      rest();
      return {};
    }
    if (text_.substr(at_).starts_with("export ")) at_ += std::string_view("export ").size();
    skip(kBlank);
    size_t end = text_.find_first_of("=\n", at_);
    if (end == text_.npos || text_[end] == '\n') return wrong("is not of the form NAME=value");
    std::string name(text_.substr(at_, end - at_));
    while (!name.empty() && kBlank.contains(name.back())) name.pop_back();
    bool plain = !name.empty() && std::ranges::none_of(name, [](char c) { return kBlank.contains(c) || c == '"'; });
    if (!plain) return wrong(fmt::format("has {} in place of a name", quoteJson(name)));
    at_ = end + 1;
    skip(kBlank);
    auto value = at_ < text_.size() && std::string_view("\"'`").contains(text_[at_]) ? quoted() : bare();
    if (!value) return std::unexpected(value.error());
    std::erase_if(variables_, [&](const auto& variable) { return variable.first == name; });
    variables_.emplace_back(std::move(name), std::move(*value));
    return {};
  }

  Result<std::string> bare() {
    std::string value(rest());
    for (size_t i = 1; i < value.size(); ++i) {
      if (value[i] == '#' && kBlank.contains(value[i - 1])) value.resize(i);
    }
    if (value.starts_with('#')) value.clear();
    while (!value.empty() && kBlank.contains(value.back())) value.pop_back();
    return value;
  }

  Result<std::string> quoted() {
    char quote = text_[at_++];
    size_t lines = 0;
    std::string value;
    for (;; ++at_) {
      if (at_ == text_.size()) return wrong("begins a quote that does not end");
      char c = text_[at_];
      if (c == quote) break;
      if (c == '\n') ++lines;
      if (c == '\\' && quote == '"' && at_ + 1 < text_.size()) {
        char next = text_[++at_];
        c = next == 'n' ? '\n' : next == 'r' ? '\r' : next == 't' ? '\t' : next;
        if (next != 'n' && next != 'r' && next != 't' && next != '"' && next != '\\') value += '\\';
      }
      value += c;
    }
    ++at_;
    skip(kBlank);
    bool ends = at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '#';
    if (!ends) return wrong("goes on after the quote");
    rest();
    line_ += lines;
    return value;
  }

  void skip(std::string_view characters) { at_ = std::min(text_.find_first_not_of(characters, at_), text_.size()); }
  // Up to the end of the line, which is behind us afterwards.
  std::string_view rest() {
    size_t end = std::min(text_.find('\n', at_), text_.size());
    auto line = text_.substr(at_, end - at_);
    at_ = std::min(end + 1, text_.size());
    ++line_;
    return line;
  }
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorCode::invalid, fmt::format("line {} {}", line_, what));
  }

  const std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
  EnvVariables variables_;
};

}  // namespace

Result<EnvVariables> parseEnvFile(std::string_view text) { return EnvParser(text).parse(); }

Result<EnvVariables> readEnvFile(const fs::path& path) {
  auto text = readFile(path, kFileBytesMax);
  if (!text) return std::unexpected(text.error());
  auto variables = parseEnvFile(*text);
  if (!variables) return fail(ErrorCode::invalid, fmt::format("{}: {}", path.string(), variables.error().message));
  return variables;
}

std::vector<fs::path> developmentEnvFiles(const fs::path& directory, std::string_view environment) {
  auto exists = [](const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
  };
  std::string suffix = environment.empty() ? "" : fmt::format(".{}", environment);
  // Where there is a .dev.vars, nothing else is read.
  for (const std::string& name : {".dev.vars" + suffix, std::string(".dev.vars")}) {
    if (exists(directory / name)) return {directory / name};
  }
  std::vector<fs::path> found;
  for (const std::string& name :
       {std::string(".env"), ".env" + suffix, std::string(".env.local"), ".env" + suffix + ".local"}) {
    if (exists(directory / name) && std::ranges::find(found, directory / name) == found.end()) {
      found.push_back(directory / name);
    }
  }
  return found;
}

}  // namespace mayfly::config
