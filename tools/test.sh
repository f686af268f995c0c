#!/usr/bin/env bash
# tools/test.sh [--all] [--qa] [ctest options]: set up, build, run the tests. Without --all the slow ones are left out;
# tests that need a GPU run only with `ctest -L gpu` (docs/gpu.md).
set -euo pipefail
cd "$(dirname "$0")/.."
exclude='slow|gpu' setup=()
while (($#)); do
  case "$1" in
    --all) exclude='gpu' ;;
    --qa) setup+=(--qa) ;;
    -h|--help) sed -n '2,3s/^# //p' "$0"; exit 0 ;;
    *) break ;;
  esac
  shift
done
begin=$SECONDS
[[ "${CI:-}" == true ]] && setup+=(--yes)
tools/setup.sh "${setup[@]}"
source tools/build.sh
configure_reelmend "-DREELMEND_WERROR=${REELMEND_WERROR:-OFF}"
build_reelmend all
# A display of its own for the tests of the real window; without one they say that they were skipped.
ctest --test-dir "$build" -LE "$exclude" --output-on-failure -j"$(nproc)" "$@"
echo "set-up, build and tests took $((SECONDS - begin)) s"
