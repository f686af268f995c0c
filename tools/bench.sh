#!/usr/bin/env bash
# tools/bench.sh [NAME …]: runs the benchmarks (all, or those named) and makes docs/benchmarks.md from their JSON.
# `tools/bench.sh --render` only makes the page. A benchmark is an executable build/dev/tests/bench/bench_NAME or a script
# tools/bench/NAME.sh that prints one JSON object per line: group, name, value, unit, and what else is worth saying.
set -euo pipefail
cd "$(dirname "$0")/.."
results=docs/benchmarks
if [[ "${1:-}" != --render ]]; then
  tools/setup.sh
  source tools/build.sh
  configure_reelmend
  build_reelmend all
  export REELMEND_CLI=$PWD/$build/app/cli/reelmend-cli REELMEND_BUILD=$PWD/$build
  for bench in "$build"/tests/bench/bench_* tools/bench/*.sh; do
    [[ -x "$bench" && -f "$bench" ]] || continue
    name=$(basename "$bench" .sh); name=${name#bench_}
    if (($#)) && [[ " $* " != *" $name "* ]]; then continue; fi
    echo "bench: $name"
    if "$bench" >"$results/$name.json.new"; then
      mv "$results/$name.json.new" "$results/$name.json"
    else
      rm -f "$results/$name.json.new"
      echo "bench: $name gave nothing new; what docs/benchmarks.md says of it is from an earlier run" >&2
    fi
  done
fi
python3 tools/bench/render.py "$results" >docs/benchmarks.md
echo "docs/benchmarks.md made from $(ls "$results"/*.json 2>/dev/null | wc -l) files"
