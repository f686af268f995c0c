#!/usr/bin/env bash
# What a CUDA card makes of the Wan2.1 autoencoder, of gradients through it and of the norm + SiLU kernel: two minutes at
# most. Needs the engine-only build of docs/gpu.md and Python's standard library; where python3 has torch, the kernel is
# timed beside torch's operators.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/engine-only
exec python3 tools/bench/gpu.py --cli "${REELMEND_CLI:-$build/app/cli/reelmend-cli}" --module "${REELMEND_CUDA_MODULE:-$build/lib/reelmend_cuda.so}" "$@"
