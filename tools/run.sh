#!/usr/bin/env bash
# tools/run.sh [CLIP]: set up, build, open the desktop on the clip (a made-up sample without CLIP). With no display the
# main job runs head-less, and it prints where the result and a before/after picture lie.
set -euo pipefail
clip=''
if (($#)); then
  case "$1" in -h|--help) sed -n '2,3s/^# //p' "$0"; exit 0 ;; esac
  [[ -e "$1" || "$1" == *%* ]] || { echo "run: there is no file \"$1\". Check the path." >&2; exit 3; }
  clip=$(realpath -m -- "$1")
fi
cd "$(dirname "$0")/.."
tools/setup.sh
source tools/build.sh
configure_reelmend
build_reelmend reelmend reelmend-cli
cli=$build/app/cli/reelmend-cli

if [[ -z "$clip" ]]; then
  clip=$PWD/build/sample/sample.mp4
  if [[ ! -s "$clip" ]]; then
    mkdir -p build/sample
    "$cli" sample -o "$clip"
  fi
fi

if [[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]]; then
  exec "$build/app/desktop/reelmend" "$clip"
fi

name=$(basename "${clip%.*}")
folder=$PWD/build/result
mkdir -p "$folder"
result=$folder/${name//%/_}_restored.mp4
echo "No display: restoring the clip head-less."
"$cli" enhance "$clip" -o "$result" --task restore --model classical --overwrite
"$cli" compare "$clip" "$result" --metrics none --picture "$folder/before_after.png" >/dev/null
echo "result:              $result"
echo "before and after:    $folder/before_after.png"
