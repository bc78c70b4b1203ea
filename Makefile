# make help lists the targets. Each installs what it needs first, and does nothing twice.

PRESET ?= release
BUILD := build/$(PRESET)
JOBS ?= $(shell nproc)
# For each fuzz target, of the build with the sanitizers or the optimised one.
SECONDS ?= 5
FUZZ_PRESET ?= asan-ubsan
CACHE := $(or $(DELTAPORT_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/deltaport)
TOOLS := $(CACHE)/tools/bin
PYTEST := .venv/bin/python -m pytest
INSTALL := @scripts/install-dependencies
STEP := @scripts/step
# Unit tests with this in their names run under the thread sanitizer too.
CONCURRENT := *Concurren*

.PHONY: help install build program demo test test-unit test-checks test-pytest test-interop test-long \
  bench fuzz asan tsan format tidy clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Install what building and testing need (Debian packages, PyPI, npm).
	$(INSTALL) test fuzz

PROGRAM := deltaport _deltaport python_package

# $(call compile,PRESET,TARGETS): configures once; CMake sees later changes of its files by itself.
compile = @mkdir -p build; [ -f build/$(1)/build.ninja ] || \
  cmake --preset $(1) >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }; \
  cmake --build --preset $(1) -j $(JOBS) $(if $(2),--target $(2))

build: ## Build program, Python module and unit tests (PRESET=release).
	$(INSTALL) build python
	$(call compile,$(PRESET))

demo: ## Serve a lake of New York's flights of 2013 and show what to ask (Ctrl-C ends it).
	$(INSTALL) build python demo
	$(call compile,release,$(PROGRAM))
	@scripts/demo

program:
	$(INSTALL) build python
	$(call compile,release,$(PROGRAM))

test: ## Run all tests but those of test-interop and test-long.
	$(STEP) install scripts/install-dependencies test fuzz
	$(STEP) build $(MAKE) --no-print-directory program
	$(STEP) "checks, scripts, clients, Python" $(MAKE) --no-print-directory test-pytest
	$(STEP) "unit and HTTP tests with the address and undefined-behaviour sanitizers" \
	  $(MAKE) --no-print-directory asan
	$(STEP) "fuzz targets" $(MAKE) --no-print-directory fuzz
	$(STEP) "thread sanitizer" $(MAKE) --no-print-directory tsan

test-unit: ## Run the unit tests (PRESET=dev: of the quick build).
	$(INSTALL) build
	$(call compile,$(PRESET),unit_tests)
	ctest --preset $(PRESET) -j $(JOBS)

test-pytest: program ## Run the tests in Python: checks, scripts, real clients, the Python module.
	$(INSTALL) test
	$(PYTEST) tests/checks $(wildcard tests/script tests/compatibility tests/python)

test-checks: ## Run the checks of layers, sizes, names, format, clang-tidy and documents.
	$(INSTALL) test
	$(PYTEST) tests/checks

test-interop: program ## Run the tests against real services; installs them.
	$(INSTALL) interop
	$(PYTEST) tests/interop

test-long: test-unit program ## Run the random tests for longer, with new seeds, and all pairs of features.
	$(INSTALL) test interop
	DELTAPORT_LONG_TESTS=1 ctest --preset $(PRESET) -j $(JOBS)
	DELTAPORT_LONG_TESTS=1 $(PYTEST) tests/script tests/compatibility tests/interop
	$(MAKE) fuzz SECONDS=120 FUZZ_PRESET=fuzz

bench: program ## Measure the HTTP server beside datap-rs and embedded DuckDB.
	$(INSTALL) bench
	.venv/bin/python benchmarks/run

fuzz: ## Run each fuzz target for SECONDS=5.
	$(INSTALL) fuzz
	$(call compile,$(FUZZ_PRESET),fuzz_targets)
	@scripts/fuzz build/$(FUZZ_PRESET) $(SECONDS)

asan: ## Run unit and HTTP tests with the address and undefined-behaviour sanitizers.
	$(INSTALL) test fuzz
	$(call compile,asan-ubsan,deltaport unit_tests fuzz_targets)
	ctest --preset asan-ubsan -j $(JOBS)
	DELTAPORT_BINARY=build/asan-ubsan/deltaport $(PYTEST) tests/script/http

tsan: ## Run the concurrency tests under the thread sanitizer.
	$(INSTALL) build
	$(call compile,tsan,unit_tests)
	GTEST_FILTER='$(CONCURRENT)' setarch -R ctest --preset tsan

format: ## Format the C++ files.
	$(INSTALL) test
	@git ls-files src tests | grep -E '\.(cc|h)$$' | xargs $(TOOLS)/clang-format -i

tidy: ## Run clang-tidy over the files that changed since they passed.
	$(INSTALL) test
	@scripts/clang-tidy

clean: ## Remove the build folder and the demo lake; keeps downloads.
	rm -rf build demo-lake
