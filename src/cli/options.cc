// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/nearest.h"
#include "egress/pattern.h"

namespace mayfly::cli {
namespace {

constexpr uint32_t kTimeoutMsMax = 24 * 60 * 60 * 1000;
constexpr uint32_t kCellAgeSMax = 365 * 24 * 60 * 60;
constexpr size_t kTokenLengthMin = 16, kTokenLengthMax = 512;
constexpr uint32_t kMemoryMbMin = 8, kMemoryMbMax = 1 << 20;
const std::vector<std::pair<std::string, Command>> kCommands{{"dev", Command::dev},     {"serve", Command::serve},
                                                             {"test", Command::test},   {"run", Command::run},
                                                             {"types", Command::types}, {"doctor", Command::doctor}};

void addSandbox(CLI::App& app, Options& options) {
  app.add_option("--sandbox", options.sandbox)
      ->transform(CLI::CheckedTransformer(
          std::vector<std::pair<std::string, sandbox::Level>>{{"required", sandbox::Level::required},
                                                              {"best-effort", sandbox::Level::bestEffort},
                                                              {"off", sandbox::Level::off}}));
}

void addGuestJit(CLI::App& app, Options& options) {
  std::vector<std::pair<std::string, Jit>> names;
  for (Jit jit : kJits) names.emplace_back(jitName(jit), jit);
  app.add_option("--guest-jit", options.guestJit)->transform(CLI::CheckedTransformer(names));
}

void addCommon(CLI::App& app, Options& options) {
  app.add_option("paths", options.paths);
  app.add_option("--log", options.log)
      ->transform(CLI::CheckedTransformer(std::vector<std::pair<std::string, supervisor::LogFormat>>{
          {"pretty", supervisor::LogFormat::pretty}, {"json", supervisor::LogFormat::json}}));
  app.add_flag("--verbose", options.verbose);
  addSandbox(app, options);
  addGuestJit(app, options);
}

void addProject(CLI::App& app, Options& options) {
  app.add_option("--env", options.environment);
  app.add_option("--env-file", options.envFiles)->allow_extra_args(false);
  app.add_flag("--allow-missing-bindings", options.allowMissingBindings);
}

struct ControlTexts {
  std::string address;
  std::string tokenFile;
};

void addServing(CLI::App& app, Options& options, ControlTexts& control) {
  app.add_option("--control", control.address);
  app.add_option("--control-token-file", control.tokenFile);
  app.add_option("--port", options.port)->check(CLI::Range(0, 65535));
  app.add_option("--host", options.host);
  app.add_option("--shards", options.shards)->check(CLI::Range(1, 256));
  app.add_flag("--log-events", options.logEvents);
  app.add_option("--max-header-bytes", options.headerBytesMax)->check(CLI::Range(1024, 16 << 20));
  app.add_option("--max-body-bytes", options.bodyBytesMax)->check(CLI::PositiveNumber);
  app.add_option("--header-timeout-ms", options.headerTimeoutMs)->check(CLI::Range(1u, kTimeoutMsMax));
  app.add_option("--body-timeout-ms", options.bodyTimeoutMs)->check(CLI::Range(1u, kTimeoutMsMax));
  app.add_option("--idle-timeout-ms", options.idleTimeoutMs)->check(CLI::Range(1u, kTimeoutMsMax));
  app.add_option("--cell-memory-mb", options.cellMemoryMb)->check(CLI::Range(64u, 1u << 24));
  app.add_option("--cell-answer-ms", options.cellAnswerMs)->check(CLI::Range(500u, kTimeoutMsMax));
  app.add_option("--cell-workers", options.cellWorkers)->check(CLI::Range(1u, 1u << 24));
  app.add_option("--cell-growth-mb", options.cellGrowthMb)->check(CLI::Range(16u, 1u << 24));
  app.add_option("--cell-age-s", options.cellAgeS)->check(CLI::Range(1u, kCellAgeSMax));
  app.add_option("--drain-ms", options.drainMs)->check(CLI::Range(0u, kTimeoutMsMax));
}

Result<void> readVariables(const std::vector<std::string>& texts, Options& options) {
  for (const std::string& text : texts) {
    size_t equals = text.find('=');
    if (equals == text.npos || equals == 0) {
      return fail(ErrorCode::invalid, fmt::format("--env {}: a variable is given as NAME=VALUE", text));
    }
    options.variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return {};
}

Result<void> readInput(std::string text, Options& options) {
  bool fromStdin = text == "-";
  if (fromStdin) text.assign(std::istreambuf_iterator<char>(std::cin), {});
  boost::system::error_code error;
  boost::json::parse(text, error);
  if (error) {
    return fail(ErrorCode::invalid,
                fmt::format("--input: {} is not JSON ({})",
                            fromStdin ? "what came on standard input" : "\"" + text + "\"", error.message()));
  }
  options.inputJson = std::move(text);
  return {};
}

// "9000", "127.0.0.1:9000", "[::1]:9000"
Result<void> readAddress(std::string_view text, Options& options) {
  size_t colon = text.rfind(':');
  std::string_view port = colon == text.npos ? text : text.substr(colon + 1);
  options.controlHost = colon == text.npos ? "127.0.0.1" : text.substr(0, colon);
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.controlPort);
  if (error == std::errc() && end == port.data() + port.size() && !options.controlHost.empty()) return {};
  return fail(ErrorCode::invalid,
              fmt::format("--control {}: it is given as PORT or HOST:PORT, such as 127.0.0.1:9000 or "
                          "[::1]:9000",
                          text));
}

Result<void> readControl(const ControlTexts& control, Options& options) {
  if (control.address.empty() && control.tokenFile.empty()) return {};
  if (control.address.empty())
    return fail(ErrorCode::invalid, "--control-token-file is for --control HOST:PORT: name that too");
  if (control.tokenFile.empty()) {
    return fail(ErrorCode::invalid,
                "--control needs --control-token-file FILE: whoever has the token in it can run code here");
  }
  if (auto read = readAddress(control.address, options); !read) return read;
  std::ifstream file(control.tokenFile);
  std::string token{std::istreambuf_iterator<char>(file), {}};
  if (!file)
    return fail(ErrorCode::invalid, fmt::format("--control-token-file {}: it cannot be read", control.tokenFile));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  bool plain = std::ranges::all_of(token, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-._~+/=").contains(c);
  });
  if (!plain || token.size() < kTokenLengthMin || token.size() > kTokenLengthMax) {
    return fail(
        ErrorCode::invalid,
        fmt::format("--control-token-file {}: it must hold one line of {} to {} letters, digits and -._~+/=, such "
                    "as `openssl rand -hex 32` makes",
                    control.tokenFile, kTokenLengthMin, kTokenLengthMax));
  }
  options.controlToken = std::move(token);
  return {};
}

Result<void> checkAllowed(const Options& options) {
  for (const std::string& entry : options.allow) {
    if (auto pattern = egress::Pattern::parse(entry); !pattern) {
      return fail(ErrorCode::invalid, "--allow: " + pattern.error().message);
    }
  }
  return {};
}

Result<void> checkInterface(const Options& options) {
  std::string_view name = options.envInterface;
  bool word = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
              std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '$'; });
  if (word) return {};
  return fail(ErrorCode::invalid, fmt::format("--env-interface {}: it must be a name, such as Env", name));
}

Result<void> checkPaths(const Options& options) {
  if (options.command == Command::doctor) return {};
  if (options.paths.empty()) {
    return fail(ErrorCode::invalid, options.command == Command::run
                                        ? "name the module to run: mayfly run FILE"
                                        : "name a directory or file to take the worker from");
  }
  if (options.command == Command::run && options.paths.size() > 1) {
    return fail(ErrorCode::invalid, fmt::format("run takes one module, but {} were named", options.paths.size()));
  }
  return {};
}

// The first word, when it is no command and no option.
Result<void> checkCommand(std::string_view word) {
  std::vector<std::string_view> names;
  for (const auto& [name, command] : kCommands) names.push_back(name);
  if (word.starts_with('-') || std::ranges::find(names, word) != names.end()) return {};
  std::string_view nearest = nearestName(word, names);
  std::string hint =
      nearest.empty() ? "there are dev, serve, test, run, types and doctor" : fmt::format("did you mean {}?", nearest);
  return fail(ErrorCode::invalid, fmt::format("\"{}\" is no command: {}", word, hint));
}

}  // namespace

Result<Options> parseOptions(int argc, const char* const* argv) {
  Options options;
  bool version = false;
  std::vector<std::string> variables;
  std::string input;
  ControlTexts control;
  if (argc < 2)
    return fail(ErrorCode::invalid,
                "say what to do: dev, serve, test, run, types or doctor (mayfly --help tells more)");
  if (auto known = checkCommand(argv[1]); !known) return std::unexpected(known.error());

  CLI::App app;
  app.add_flag("--version", version);
  app.require_subcommand(0, 1);
  for (const auto& [name, command] : kCommands) {
    CLI::App& sub = *app.add_subcommand(name);
    sub.callback([&options, &sub, command = command] {
      options.command = command;
      if (command == Command::serve && sub.get_option("--sandbox")->empty()) options.sandbox = sandbox::Level::required;
    });
    if (command == Command::doctor) continue;
    if (command == Command::types) {
      sub.add_option("paths", options.paths);
      sub.add_option("--env", options.environment);
      sub.add_option("--output", options.output);
      sub.add_option("--env-interface", options.envInterface);
      sub.add_flag("--check", options.check);
      continue;
    }
    addCommon(sub, options);
    if (command != Command::run) addProject(sub, options);
    if (command == Command::dev || command == Command::serve) addServing(sub, options, control);
    if (command == Command::test || command == Command::run) {
      sub.add_option("--timeout", options.timeoutMs)->check(CLI::Range(1u, kTimeoutMsMax));
    }
    if (command == Command::test) {
      sub.add_option("--filter", options.filter);
      sub.add_flag("--expose-gc", options.exposeGc);
    }
    if (command == Command::run) {
      sub.add_option("--input", input);
      sub.add_option("--env", variables)->allow_extra_args(false);
      sub.add_option("--cpu-ms", options.cpuMs)->check(CLI::Range(1u, kTimeoutMsMax));
      sub.add_option("--memory-mb", options.memoryMb)->check(CLI::Range(kMemoryMbMin, kMemoryMbMax));
      sub.add_option("--allow", options.allow)->allow_extra_args(false);
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Options{};
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    std::ranges::replace(text, '\n', ' ');
    return fail(ErrorCode::invalid, text + " (mayfly --help lists the options)");
  }
  if (version) {
    options.command = Command::version;
    return options;
  }
  if (auto checked = checkPaths(options); !checked) return std::unexpected(checked.error());
  if (auto read = readVariables(variables, options); !read) return std::unexpected(read.error());
  if (auto read = readControl(control, options); !read) return std::unexpected(read.error());
  if (auto checked = checkInterface(options); !checked) return std::unexpected(checked.error());
  if (auto checked = checkAllowed(options); !checked) return std::unexpected(checked.error());
  if (!input.empty()) {
    if (auto read = readInput(std::move(input), options); !read) return std::unexpected(read.error());
  }
  return options;
}

}  // namespace mayfly::cli
