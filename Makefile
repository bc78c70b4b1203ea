# make help lists the targets. Everything installs what it needs first.

PRESET ?= release
BUILD := build/$(PRESET)

.PHONY: help build
help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build the server, the command line and the Python module (PRESET=release).
	@scripts/install-dependencies build
	@[ -f $(BUILD)/build.ninja ] || cmake --preset $(PRESET)
	@cmake --build --preset $(PRESET)
