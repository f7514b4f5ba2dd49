// SPDX-License-Identifier: Apache-2.0
#include "sandbox/libraries.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "sandbox/capture.h"

namespace mayfly::sandbox {

namespace fs = std::filesystem;

Result<std::string> interpreterOf(const fs::path& program) {
  auto odd = [&program](std::string_view what) {
    return fail(ErrorCode::invalid, fmt::format("{}: {}", program.string(), what));
  };
  std::ifstream file(program, std::ios::binary);
  Elf64_Ehdr header{};
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header)) return odd("cannot be read");
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
    return odd("is no program of 64 bits (a script in its place cannot run in the sandbox)");
  }
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr part{};
    file.seekg(static_cast<std::streamoff>(header.e_phoff) + i * header.e_phentsize);
    if (!file.read(reinterpret_cast<char*>(&part), sizeof part)) return odd("is cut off");
    if (part.p_type != PT_INTERP) continue;
    std::string path(std::min<size_t>(part.p_filesz, 4096), '\0');
    file.seekg(static_cast<std::streamoff>(part.p_offset));
    if (!file.read(path.data(), static_cast<std::streamsize>(path.size()))) return odd("is cut off");
    return path.substr(0, path.find('\0'));
  }
  return std::string();
}

Result<std::vector<FileMapping>> parseLibraryList(std::string_view text) {
  std::vector<FileMapping> libraries;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    size_t arrow = line.find(" => ");
    if (arrow == line.npos) continue;  // the linker itself, and what the kernel brings
    std::string_view name = line.substr(0, arrow);
    std::string_view path = line.substr(arrow + 4);
    path = path.substr(0, path.find(" ("));
    if (!path.starts_with('/')) {
      return fail(ErrorCode::notFound, fmt::format("the library {} is {}", name, path));
    }
    if (name.starts_with('/')) continue;  // the linker again
    libraries.emplace_back(fmt::format("/lib/{}", name), std::string(path));
  }
  return libraries;
}

Result<std::vector<FileMapping>> librariesOf(const fs::path& program, const fs::path& loadedObject) {
  auto interpreter = interpreterOf(program);
  if (!interpreter) return std::unexpected(interpreter.error());
  if (interpreter->empty()) return std::vector<FileMapping>{};
  auto listed = capture({*interpreter, "--preload", loadedObject.string(), "--list", program.string()}, 0);
  if (!listed) return std::unexpected(listed.error());
  if (listed->status != 0) {
    return fail(ErrorCode::unavailable,
                fmt::format("{} cannot list the libraries of {}: {}", *interpreter, program.string(), listed->output));
  }
  auto libraries = parseLibraryList(listed->output);
  if (libraries) libraries->insert(libraries->begin(), {*interpreter, *interpreter});
  return libraries;
}

}  // namespace mayfly::sandbox
