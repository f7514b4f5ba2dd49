# SPDX-License-Identifier: Apache-2.0
# One entry point for people and CI. `make run` and `make test` are all that a fresh Debian 12 needs.
BUILD ?= build
EXAMPLE ?= agent-sandbox
JOBS ?=
NODE = node_modules/node-linux-$(subst x86_64,x64,$(subst aarch64,arm64,$(shell uname -m)))/bin/node
export MAYFLY_BUILD = $(abspath $(BUILD))

.PHONY: build deps run test test-gc attack sanitize fuzz soak packages bench fmt lint tidy clean

build: deps
	@[ -f $(BUILD)/build.ninja ] || cmake -S . -B $(BUILD) -G Ninja -DCMAKE_CXX_COMPILER=clang++-19
	@ninja -C $(BUILD) $(if $(JOBS),-j $(JOBS))

# Installs Debian and npm packages that are missing.
deps:
	@tools/deps.sh

# Serves an example: make run EXAMPLE=warm-app
run: build
	@exec $(BUILD)/mayfly dev examples/$(EXAMPLE)

# All suites, or some: make test ONLY="unit e2e"
test: build
	@$(NODE) tools/test.mjs $(ONLY)

# The suites of dynamic workers with garbage collected at every event. Minutes.
test-gc: build
	@MAYFLY_TEST_ENGINE=gc MAYFLY_TEST_RUNTIMES=mayfly $(NODE) tools/test.mjs tests/conformance/suites.test.mjs

# Unit tests and suites of builds with sanitizers. Many minutes.
sanitize: deps
	@$(NODE) tools/sanitize.mjs $(ONLY) $(if $(JOBS),--jobs $(JOBS))

# Each fuzz target for some minutes: make fuzz MINUTES=3 ONLY="link frames"
fuzz: deps
	@$(NODE) tools/fuzz.mjs $(ONLY) --minutes $(or $(MINUTES),1) $(if $(JOBS),--jobs $(JOBS))

# Well-behaved and hostile tenants beside each other: make soak MINUTES=30
soak: build
	@$(NODE) tests/hostile/soak.mjs --minutes $(or $(MINUTES),2)

# The hostile corpus against Mayfly and workerd: make attack ONLY="A B07" RUNTIME=mayfly. All of it takes half an hour.
attack: build
	@$(NODE) tests/hostile/attack.mjs $(ONLY) $(if $(RUNTIME),--runtime $(RUNTIME)) $(if $(REPEAT),--repeat $(REPEAT)) $(if $(WRITE),--write)

# Popular npm packages on Mayfly and workerd; writes the table in docs/packages.md, or for some prints what is wrong: ONLY="zod hono"
packages: build
	@$(NODE) tests/packages/table.mjs $(ONLY)

bench: build
	@tools/deps.sh bench
	@$(NODE) bench/run.mjs

fmt: deps
	@find src -name '*.cc' -o -name '*.h' | xargs -r clang-format-19 -i

lint: deps
	@$(NODE) tools/lint.mjs

# clang-tidy reads every source with all of its headers: minutes, so it is not part of lint.
tidy: build
	@$(NODE) tools/lint.mjs --tidy

clean:
	@rm -rf $(BUILD)
