// SPDX-License-Identifier: Apache-2.0
// Any text as a configuration: JSONC or TOML, and then a worker of it.
#include "config/document.h"
#include "config/reader.h"
#include "config/worker_reader.h"
#include "fuzz/target.h"

MAYFLY_FUZZ_TARGET(config) {
  using namespace mayfly::config;
  using mayfly::fuzz::require;
  mayfly::fuzz::Input in(input);
  uint8_t mode = in.byte();
  bool isToml = (mode & 1) != 0;
  std::filesystem::path path = isToml ? "/nonexistent/wrangler.toml" : "/nonexistent/wrangler.jsonc";
  auto document = isToml ? parseToml(in.text(), path) : parseJsonc(in.text(), path);
  if (!document) return require(!document.error().message.empty(), "an error says something");
  require(document->root.kind == Value::Kind::object, "a document is an object");
  // What was read, written as JSON, reads as the same.
  std::string json = toJson(document->root);
  auto again = parseJsonc(json, path);
  require(again.has_value() && toJson(again->root) == json, "what is written as JSON is read again");

  LoadOptions options;
  options.today = "2026-11-20";
  options.allowMissingBindings = (mode & 2) != 0;
  if ((mode & 4) != 0) options.environment = "staging";
  Report report(*document);
  auto loaded = WorkerReader(report, options).read();
  if (report.failed()) {
    require(!report.failure().message.empty(), "an error says something");
  } else {
    require(!loaded.config.name.empty() && !loaded.config.mainPath.empty(), "a worker has a name and a main module");
  }
}
