# Counsel: the commands a person types. `make demo` and `make test` set up everything themselves.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin

help:            ## this list
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/ready        ## the main job on real input, told as a story (under two minutes)
	@$(BIN)/counsel demo

test: .venv/ready        ## all tests, on real components
	@$(BIN)/python -m pytest

lint: .venv/ready        ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/ready       ## the figures of the design pages, beside their counterparts
	@$(BIN)/python -m bench

format: .venv/ready      ## rewrite the code in the house format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: .venv/ready        ## resolve the dependencies again
	@tools/lock.sh

setup: .venv/ready       ## only set up

.venv/ready: pyproject.toml requirements/dev.lock tools/setup.sh
	@tools/setup.sh

clean:           ## remove what set-up made
	rm -rf .venv .uv

.PHONY: help demo test lint bench format lock setup clean
