#!/usr/bin/env bash
# Wan2.1's 1.3B transformer against diffusers. Needs the Python environment of tools/reference: name its python in
# REELMEND_REFERENCE_PYTHON; the program itself needs none. 15 GB of memory, 3 GB on the disk.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${REELMEND_REFERENCE_PYTHON:?the python of the environment that tools/reference/README.md describes}"
exec "$REELMEND_REFERENCE_PYTHON" tools/bench/bench_transformer.py --cli "${REELMEND_CLI:-build/dev/app/cli/reelmend-cli}" "$@"
