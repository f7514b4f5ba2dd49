// SPDX-License-Identifier: Apache-2.0
// Which files a program needs to be executed, by the word of the machine's own dynamic linker.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/launch_policy.h"

namespace mayfly::sandbox {

// The dynamic linker that an ELF file names; empty when it is linked statically. Fails when it is no ELF file.
Result<std::string> interpreterOf(const std::filesystem::path& program);

// The linker itself, at the path that the program names, and the libraries of the program and of the object that it
// will load, all in /lib (the launcher sets LD_LIBRARY_PATH).
Result<std::vector<FileMapping>> librariesOf(const std::filesystem::path& program,
                                             const std::filesystem::path& loadedObject);

// The lines "name => path (address)" of `ld.so --list`; fails naming a library that is "not found".
Result<std::vector<FileMapping>> parseLibraryList(std::string_view text);

}  // namespace mayfly::sandbox
