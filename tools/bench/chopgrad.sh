#!/usr/bin/env bash
# Memory and time of gradients through Wan2.1's decoder. With the Python of tools/reference in REELMEND_REFERENCE_PYTHON
# also of Python PyTorch; without it that part is left out. REELMEND_BENCH_RAW keeps measurements between runs.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec "${REELMEND_REFERENCE_PYTHON:-python3}" tools/bench/chopgrad.py --cli "${REELMEND_CLI:-build/dev/app/cli/reelmend-cli}" \
  ${REELMEND_BENCH_RAW:+--raw "$REELMEND_BENCH_RAW"} "$@"
