# The list of commands. `make run` is all a newcomer needs; everything it installs stays in here.
.PHONY: run test test-real lint format bench setup lock clean
.DEFAULT_GOAL := run

apps = $(dir $(wildcard */apps.py))
front_end = $(shell find static/src static/build.mjs templates $(apps) -type f \( -name '*.html' -o -name '*.py' -o -path 'static/*' \) -not -name '.*' 2>/dev/null)

run: setup
	@exec .venv/bin/python -m crm.run

test: setup
	@exec .venv/bin/python -m pytest -n 2 --dist loadgroup --create-db

test-real: setup
	@exec tools/test-real

lint: setup
	@exec tools/lint

format: .make/venv
	@exec tools/format

bench: setup
	@exec .venv/bin/python -m bench

setup: .make/static

lock: .make/venv
	@exec tools/lock

clean:
	rm -rf .make .venv .uv .node node_modules static/dist static/collected

.make/venv: requirements-dev.lock requirements-uv.lock tools/setup
	@tools/setup venv && mkdir -p .make && touch $@

.make/node: package.json package-lock.json .npmrc | .make/venv
	@tools/setup node && touch $@

.make/assets: .make/node $(front_end)
	@tools/setup assets && touch $@

.make/static: .make/assets
	@tools/setup static && touch $@
