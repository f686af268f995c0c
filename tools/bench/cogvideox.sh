#!/usr/bin/env bash
# CogVideoX against diffusers. Needs the Python environment of tools/reference: name its python in
# REELMEND_REFERENCE_PYTHON; the program itself needs none.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${REELMEND_REFERENCE_PYTHON:?the python of the environment that tools/reference/README.md describes}"
exec "$REELMEND_REFERENCE_PYTHON" tools/bench/bench_cogvideox.py --cli "${REELMEND_CLI:-build/dev/app/cli/reelmend-cli}" "$@"
