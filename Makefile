# Every target is a line or two that calls a script; `make` lists them.
# Where the machine's Node is older than 24, `make` brings its own from the npm registry into .cache/node.
NODE_VERSION := 24.19.0
OWN_NODE := $(CURDIR)/.cache/node/bin/node
NODE := $(shell node -e 'process.exit(parseInt(process.versions.node) < 24 ? 1 : 0)' 2>/dev/null && command -v node || echo $(OWN_NODE))
export PATH := $(dir $(NODE)):$(PATH)
NPM_QUIET := --no-audit --no-fund --loglevel=error

PROFILE ?=
FAULT_MOMENTS ?= 30
export HOST IMAGES

.DEFAULT_GOAL := help
.PHONY: help given-profile lab lab-down deploy validate report images setup test test-unit test-fleet test-roles test-faults test-topologies test-validation bench lint docs format clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

lab: setup ## a throw-away host with everything on it, validated (HOST=user@host: on a real one; IMAGES=standin|registry)
	@node tests/lab/lab.ts

lab-down: setup ## remove the lab and every trace of it
	@node tests/lab/lab-down.ts

deploy: given-profile setup ## bring hosts to where PROFILE=… wants them
	@node scripts/deploy.mjs --profile "$(PROFILE)"

validate: given-profile setup ## tell whether the deployment of PROFILE=… works, and what to do where it does not
	@node scripts/validate.mjs --profile "$(PROFILE)"

report: given-profile setup ## validate PROFILE=… and write down what to type into Igniter next
	@node scripts/report.mjs --profile "$(PROFILE)" --validate

images: given-profile setup ## list the container images that PROFILE=… needs
	@node scripts/images.mjs --profile "$(PROFILE)" --list

given-profile:
	@[ -n "$(PROFILE)" ] || { echo 'Give PROFILE=…, such as: make $(MAKECMDGOALS) PROFILE=profiles/my-node.yaml' >&2; exit 2; }

setup: node_modules/.package-lock.json $(NODE) .cache/toolkit/toolkit.compiled ## install what the project itself needs: npm packages, and Node when it is too old

test: lint test-unit test-fleet ## formatting, types, unit tests, tests on container hosts; test-roles, test-faults, test-topologies and test-validation take longer

test-unit: setup ## the tests that need no host
	@node tests/setup.ts unit
	@[ ! -d .cache/docker ] || export DOCKER_CONFIG=$(CURDIR)/.cache/docker; \
	 node tests/run.ts 2 'tests/unit/**/*.test.ts' 'tests/docs/*.test.ts' 'tests/report/*.test.ts' 'tests/monitoring/*.test.ts' 'tests/hostile/*.test.ts' 'tests/proxy/*.test.ts'

test-fleet: setup ## the tests on container hosts
	@node tests/setup.ts fleet
	@node tests/run.ts 1 'tests/fleet/*.test.ts' 'tests/lab/**/*.test.ts' 'tests/peer/*.test.ts'

test-roles: setup ## what each role does on container hosts, in more cases than test-fleet; half an hour
	@node tests/setup.ts fleet
	@node tests/run.ts 1 'tests/roles/*.test.ts'

test-topologies: setup ## every shipped profile and what spans hosts, on fleets of up to 14 container hosts; most of an hour
	@node tests/setup.ts fleet
	@node tests/run.ts 1 'tests/topologies/*.test.ts'

test-validation: setup ## breaks on a deployed host what each check is meant to find, and mends it (BREAKAGES=redis: only those)
	@node tests/setup.ts fleet
	@node tests/run.ts 1 'tests/validation/*.test.ts'

test-faults: setup ## what goes wrong on hosts, and kills at FAULT_MOMENTS=30 random moments of each kind (FAULT_SEED=…: the same again)
	@node tests/setup.ts fleet
	@FAULT_MOMENTS=$(FAULT_MOMENTS) node tests/run.ts 2 'tests/faults/*.test.ts'

bench: setup ## how long a deploy takes, beside Ansible and beside the least that is possible (BENCH="noop --hosts 10"); about an hour
	@node tests/bench/bench.ts $(BENCH)

lint: setup ## check formatting, lint rules and types
	@npx biome check .
	@npx tsc --noEmit

docs: setup ## write the generated references anew
	@UPDATE_SCHEMA=1 UPDATE_DOCS=1 node --test 'tests/docs/*.test.ts' tests/unit/profile/json-schema.test.ts >/dev/null
	@npx biome check --write profiles

format: setup ## mend formatting
	@npx biome check --write .

clean: lab-down ## also remove what is cached: images, the bundle, npm packages, our own Node
	@node tests/lab/clean.ts
	@rm -rf .cache node_modules

node_modules/.package-lock.json: package.json package-lock.json
	@npm ci $(NPM_QUIET)
	@touch $@

# Scripts start faster with it, and work without.
.cache/toolkit/toolkit.compiled: node_modules/.package-lock.json lib/bundled-toolkit.mjs lib/bundle-toolkit.mjs $(shell find lib -name '*.ts') $(NODE)
	@node lib/bundle-toolkit.mjs

$(OWN_NODE):
	@npm install --no-save --no-package-lock $(NPM_QUIET) --prefix .cache/node "node-$$(node -p 'process.platform + "-" + process.arch')@$(NODE_VERSION)"
	@mkdir -p $(@D) && ln -sf "$$(ls $(CURDIR)/.cache/node/node_modules/node-*/bin/node)" $@
