#!/usr/bin/env bash
# Whole enhance jobs, files included, at 1280x720 out: frames per second and peak memory of the job's process.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 tools/bench/bench_enhance.py --cli "${REELMEND_CLI:-build/dev/app/cli/reelmend-cli}" "$@"
