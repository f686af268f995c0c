"""Turns what tools/bench/window.sh measured into the rows of docs/benchmarks.md."""
import json
import os
import re
import statistics
import sys
from datetime import datetime, timezone

COMMAND = "tools/bench.sh window"
KEYS = (
    ("cached_scrubs_per_second", "cached frames scrubbed", "1/s", "50 or more"),
    ("uncached_seek_ms_median", "random frame not cached, seek to screen, median", "ms", ""),
    ("timeline_full_paint_ms", "whole timeline painted", "ms", ""),
    ("brush_move_ms_median", "brush of 200 px moved by a step", "ms", ""),
    ("split_drag_ms_median", "split moved by a step", "ms", ""),
    ("longest_event_cpu_ms", "longest single event, processor time", "ms", ""),
)


def row(**values):
    print(json.dumps({**values, "command": COMMAND}))


started, _, benches = sys.stdin.read().partition("clips\n")
times = [float(re.search(r"[\d.]+", line).group()) for line in started.splitlines() if line.strip()]
warm = times[1:]
print(json.dumps({"title": "The window", "machine": f"{os.cpu_count()} processor threads, Xvfb, no GPU",
                  "date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                  "note": f"Load when it began: {os.getloadavg()[0]:.1f}."}))
row(group="Start", name="process start to first painted window, warm, median", value=statistics.median(warm),
    unit="ms", minimum=min(warm), maximum=max(warm), aim="600 ms or less")
row(group="Start", name="the first of the run", value=times[0], unit="ms")
for line in benches.splitlines():
    if not line.startswith("{"):
        continue
    bench = json.loads(line)
    group = f"{bench['clip'].removesuffix('.mp4')} H.264 at {bench['device_ratio']:g}×"
    for key, name, unit, aim in KEYS:
        row(group=group, name=name, value=bench[key], unit=unit, aim=aim, note=f"viewer {bench['viewer']}")
