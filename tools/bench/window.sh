#!/usr/bin/env bash
# The window: how soon it is up, and how it answers, in a display of its own. Clips are made here.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${REELMEND_BUILD:-build/dev}
cmake --build "$build" --target reelmend reelmend_ui_bench >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/data QT_QPA_PLATFORM=xcb
for size in 640x360 1920x1080; do
  ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=$size:rate=24,noise=alls=4:allf=t" -frames:v 240 \
    -pix_fmt yuv420p -c:v libx264 -preset veryfast -crf 22 -bf 2 -g 48 "$work/$size.mp4"
done
cat >"$work/measure.sh" <<'END'
for _ in 1 2 3 4 5 6 7 8; do "$build/app/desktop/reelmend" --startup-time; done
echo clips
for size in 640x360 1920x1080; do
  for scale in 1 2; do
    QT_SCALE_FACTOR=$scale "$build/tests/ui/bench/reelmend_ui_bench" "$work/$size.mp4"
  done
done
END
export build work
xvfb-run -a -s '-screen 0 3840x2400x24' bash "$work/measure.sh" 2>/dev/null | python3 tools/bench/window_rows.py
