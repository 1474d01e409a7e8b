# Every target is one line that calls a script; `make help` lists them.
# Where the machine's Node is older than 24, `make` brings its own from the npm registry into .cache/node.
NODE_VERSION := 24.19.0
NODE := $(shell node -e 'process.exit(parseInt(process.versions.node) < 24 ? 1 : 0)' 2>/dev/null && command -v node || echo $(CURDIR)/.cache/node/bin/node)
export PATH := $(dir $(NODE)):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup lint

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

setup: node_modules/.package-lock.json $(NODE) ## install what the project needs (npm packages, Node when too old)

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(CURDIR)/.cache/node/bin/node:
	npm install --no-save --no-package-lock --no-audit --no-fund --loglevel=error --prefix .cache/node "node-$$(node -p 'process.platform + "-" + process.arch')@$(NODE_VERSION)"
	@mkdir -p $(@D) && ln -sf "$$(ls $(CURDIR)/.cache/node/node_modules/node-*/bin/node)" $@

lint: setup ## check formatting, lint rules and types
	npx biome check .
	npx tsc --noEmit
