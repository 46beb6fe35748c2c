#!/usr/bin/env bash
# Sets up everything on a machine that has only Python (>= 3.11), git and make:
# uv in a venv of its own (.uv), the locked dependencies in .venv. Safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "counsel: no Python >= 3.11 found; install one or set PYTHON=/path/to/python3" >&2
    exit 1
}

python=$(find_python)
if [ ! -x .uv/bin/uv ]; then
    echo "Setting up: uv" >&2
    rm -rf .uv
    if ! "$python" -m venv .uv 2>/dev/null; then
        # Debian keeps venv in a package of its own; as root it can simply be had.
        rm -rf .uv
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
        fi
    fi
    if [ ! -x .uv/bin/python ] && ! "$python" -m venv .uv; then
        echo "counsel: '$python -m venv' does not work; on Debian: apt-get install python3-venv" >&2
        exit 1
    fi
    .uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
        --requirement requirements/uv.lock
fi
echo "Setting up: locked dependencies" >&2
[ -x .venv/bin/python ] || .uv/bin/uv venv --quiet --python "$python" .venv
export VIRTUAL_ENV="$PWD/.venv"
.uv/bin/uv pip sync --quiet --require-hashes requirements/dev.lock
.uv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
touch .venv/ready
