// SPDX-License-Identifier: Apache-2.0
#include "supervisor/asset_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "config/document.h"
#include "supervisor/digest.h"

namespace mayfly::supervisor {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFilesMax = 100'000;
constexpr size_t kEtagBytes = 16;
constexpr size_t kRulesBytesMax = 4 * 1024 * 1024;
// Files that say something about the others.
constexpr std::array<std::string_view, 3> kControlFiles = {"/.assetsignore", "/_headers", "/_redirects"};

// Lines as in .gitignore: a later one goes before an earlier one, "!" takes out again, a pattern with a slash other than
// at its end is meant from the top. https://git-scm.com/docs/gitignore
class Ignored {
 public:
  explicit Ignored(const fs::path& file) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) add(std::move(line));
  }

  // `path` begins with a slash.
  bool matches(const std::string& path, bool isDirectory) const {
    bool ignored = false;
    for (const Pattern& pattern : patterns_) {
      if (pattern.directoriesOnly && !isDirectory) continue;
      const char* text = path.c_str() + (pattern.anchored ? 1 : path.rfind('/') + 1);
      if (fnmatch(pattern.glob.c_str(), text, pattern.flags) == 0) ignored = !pattern.negated;
    }
    return ignored;
  }

 private:
  struct Pattern {
    std::string glob;
    int flags = 0;
    bool negated = false, anchored = false, directoriesOnly = false;
  };

  void add(std::string line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty() || line[0] == '#') return;
    Pattern pattern;
    pattern.negated = line[0] == '!';
    if (pattern.negated) line.erase(0, 1);
    if (line.ends_with('/')) {
      pattern.directoriesOnly = true;
      line.pop_back();
    }
    if (line.starts_with("**/")) {
      line.erase(0, 3);
    } else {
      pattern.anchored = line.contains('/');
      if (line.starts_with('/')) line.erase(0, 1);
    }
    // "a/**/b" spans any number of folders.
    pattern.flags = line.contains("**") ? 0 : FNM_PATHNAME;
    pattern.glob = std::move(line);
    if (!pattern.glob.empty()) patterns_.push_back(std::move(pattern));
  }

  std::vector<Pattern> patterns_;
};

std::unexpected<Error> failed(const fs::path& path, std::string_view why) {
  return fail(ErrorCode::invalid, fmt::format("assets: {}: {}", path.string(), why));
}

// Digest and size of what the descriptor leads to.
Result<void> readContent(int file, AssetFile& to) {
  Sha256 hash;
  std::vector<char> buffer(256 * 1024);
  for (;;) {
    ssize_t size = ::read(file, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(ErrorCode::invalid, std::strerror(errno));
    if (size == 0) break;
    hash.add({buffer.data(), static_cast<size_t>(size)});
    to.bytes += static_cast<uint64_t>(size);
  }
  auto digest = hash.finish();
  for (size_t i = 0; i < kEtagBytes; ++i) to.etag += fmt::format("{:02x}", digest[i]);
  return {};
}

Result<void> addFile(AssetTree& tree, const std::string& path) {
  fs::path whole = tree.directory / path.substr(1);
  if (config::findBadUtf8(path) < path.size()) return failed(whole, "its name is not UTF-8");
  if (tree.files.size() == kFilesMax) return failed(tree.directory, fmt::format("has more than {} files", kFilesMax));
  auto file = openAsset(tree.directory, path);
  if (!file) return failed(whole, file.error().message);
  AssetFile asset{path, "", 0};
  auto read = readContent(*file, asset);
  ::close(*file);
  if (!read) return failed(whole, read.error().message);
  tree.files.push_back(std::move(asset));
  return {};
}

Result<std::string> readText(int file) {
  std::string text;
  std::array<char, 16 * 1024> part;
  for (;;) {
    ssize_t size = ::read(file, part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(ErrorCode::invalid, std::strerror(errno));
    if (size == 0) return text;
    text.append(part.data(), static_cast<size_t>(size));
    if (text.size() > kRulesBytesMax)
      return fail(ErrorCode::invalid, fmt::format("has more than {} bytes", kRulesBytesMax));
  }
}

// The rules of a file that may be there.
template <typename Rule>
Result<void> readRules(const AssetTree& tree, const char* name, Result<std::vector<Rule>> (*parse)(std::string_view),
                       std::vector<Rule>& to) {
  fs::path path = tree.directory / name;
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return {};
  auto file = openAsset(tree.directory, std::string("/") + name);
  if (!file) return failed(path, file.error().message);
  auto text = readText(*file);
  ::close(*file);
  if (!text) return failed(path, text.error().message);
  auto rules = parse(*text);
  if (!rules) return fail(ErrorCode::invalid, fmt::format("assets: {}:{}", path.string(), rules.error().message));
  to = std::move(*rules);
  return {};
}

}  // namespace

Result<int> openAsset(const fs::path& directory, const std::string& path) {
  int top = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (top < 0) return fail(ErrorCode::notFound, std::strerror(errno));
  open_how how{};
  // Not blocking: a pipe of this name would otherwise hold us up.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  auto file = static_cast<int>(::syscall(SYS_openat2, top, path.c_str() + 1, &how, sizeof how));
  int error = errno;
  ::close(top);
  if (file < 0) {
    return fail(ErrorCode::notFound,
                error == EXDEV ? "leads out of the directory of the assets" : std::strerror(error));
  }
  struct stat status{};
  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode)) return file;
  ::close(file);
  return fail(ErrorCode::notFound, "is not a regular file");
}

Result<AssetTree> readAssets(const fs::path& directory) {
  AssetTree tree;
  tree.directory = directory;
  tree.folders.push_back(directory / "");
  Ignored ignored(directory / ".assetsignore");
  std::error_code error;
  fs::recursive_directory_iterator each(directory, error), end;
  while (!error && each != end) {
    std::string path = "/" + each->path().lexically_relative(directory).generic_string();
    bool isDirectory = each->is_directory(error) && !each->is_symlink(error);
    if (ignored.matches(path, isDirectory)) {
      if (isDirectory) each.disable_recursion_pending();
    } else if (isDirectory) {
      tree.folders.push_back(each->path() / "");
    } else if (std::ranges::find(kControlFiles, path) == kControlFiles.end()) {
      if (auto added = addFile(tree, path); !added) return std::unexpected(added.error());
    }
    each.increment(error);
  }
  if (error) return failed(directory, error.message());
  std::ranges::sort(tree.files, {}, &AssetFile::path);
  if (auto read = readRules(tree, "_redirects", parseRedirectRules, tree.redirects); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = readRules(tree, "_headers", parseHeaderRules, tree.headerRules); !read) {
    return std::unexpected(read.error());
  }
  return tree;
}

std::string describeAssets(const config::AssetsConfig& config, const AssetTree& tree) {
  static constexpr std::array kHtml = {"auto", "force", "drop", "none"};
  static constexpr std::array kNotFound = {"none", "page", "404"};
  boost::json::array files;
  for (const AssetFile& file : tree.files) files.push_back({file.path, file.etag, file.bytes});
  boost::json::object made;
  made["files"] = std::move(files);
  made["html"] = kHtml[static_cast<size_t>(config.html)];
  made["notFound"] = kNotFound[static_cast<size_t>(config.notFound)];
  boost::json::array redirects;
  for (const RedirectRule& rule : tree.redirects) redirects.push_back({rule.from, rule.to, rule.status});
  made["redirects"] = std::move(redirects);
  boost::json::array headers;
  for (const HeaderRule& rule : tree.headerRules) {
    boost::json::array set;
    for (const auto& [name, value] : rule.set) set.push_back({name, value});
    headers.push_back({rule.from, std::move(set), boost::json::value_from(rule.unset)});
  }
  made["headers"] = std::move(headers);
  made["workerFirst"] = boost::json::value_from(config.workerFirstPaths);
  return boost::json::serialize(made);
}

}  // namespace mayfly::supervisor
