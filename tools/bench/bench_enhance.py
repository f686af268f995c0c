"""Whole `enhance` jobs at 1280x720 out, each in a process of its own: speed, processor time, peak memory.

  python3 bench_enhance.py --cli build/dev/app/cli/reelmend-cli [--frames 48] [--long 192]

Time is the job's own, files included, without starting the process. Each job runs again over a longer clip: memory
must not grow with it. Prints the JSON lines that tools/bench/render.py reads.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

COMMAND = "tools/bench.sh enhance"
CASES = (  # title, size of the source, request
    ("upscale x2 to 1280x720", "640x360", {"task": "upscale", "scale": 2}),
    ("upscale x4 to 1280x720", "320x180", {"task": "upscale", "scale": 4}),
    ("restore 1280x720", "1280x720", {"task": "restore"}),
)
SCENE = "testsrc2=size={size}:rate=24,zoompan=z='1.2+0.1*sin(on/20)':d=1:s={size}:fps=24,noise=alls=8:allf=t"


def make_clip(path, size, frames):
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", SCENE.format(size=size),
                    "-frames:v", str(frames), "-pix_fmt", "yuv420p", "-c:v", "libx264", "-crf", "20", path], check=True)


def run_job(cli, folder, clip, request):
    folder.mkdir()
    request = {**request, "input": str(clip), "output": str(folder / "result.mp4"), "quality": "good"}
    (folder / "request.json").write_text(json.dumps({"kind": "enhance", "version": 1, "request": request}))
    process = subprocess.Popen([cli, "run", str(folder), "--json"], stdout=subprocess.PIPE, text=True)
    lines = process.stdout.read().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    last = json.loads(lines[-1]) if lines else {}
    if status != 0 or "seconds" not in last:
        raise SystemExit(f"the job failed: {last}")
    return last["seconds"], usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--long", type=int, default=192)
    parser.add_argument("--models", default="lite,classical")
    options = parser.parse_args()
    print(json.dumps({"title": "Whole jobs", "machine": f"{os.cpu_count()} processor threads",
                      "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                      "note": f"Load when it began: {os.getloadavg()[0]:.1f}."}), flush=True)
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        os.environ["REELMEND_CACHE_DIR"] = str(place / "cache")
        for case, (title, size, request) in enumerate(CASES):
            clips = {}
            for frames in (options.frames, options.long):
                clips[frames] = place / f"{size}-{frames}.mp4"
                make_clip(clips[frames], size, frames)
            for model in options.models.split(","):
                peaks = {}
                for frames, clip in clips.items():
                    seconds, processor, peaks[frames] = run_job(
                        options.cli, place / f"job-{case}-{model}-{frames}", clip, {**request, "model": model})
                    if frames == options.frames:
                        row = {"group": title, "command": COMMAND, "note": f"{frames} frames"}
                        print(json.dumps({**row, "name": model, "value": frames / seconds, "unit": "frames/s",
                                          "aim": "2 or more" if model == "lite" else ""}))
                        print(json.dumps({**row, "name": f"{model}, processor time", "value": processor / frames,
                                          "unit": "s/frame"}))
                print(json.dumps({"group": title, "command": COMMAND, "name": f"{model}, peak memory",
                                  "value": peaks[options.long], "unit": "MB", "aim": "1,600 at most, at any length",
                                  "note": f"{options.long} frames; at {options.frames}: {peaks[options.frames]:.0f} MB"}),
                      flush=True)


main()
