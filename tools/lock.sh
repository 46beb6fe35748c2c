#!/usr/bin/env bash
# Resolves the dependencies again into requirements/*.lock: versions and hashes, no addresses.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
    .uv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
        --python-version 3.11 --upgrade "$@"
}
compile pyproject.toml requirements/dev.in --output-file requirements/dev.lock
echo uv | compile - --output-file requirements/uv.lock
