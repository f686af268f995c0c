#!/usr/bin/env bash
# tools/fuzz.sh [-t SECONDS] [NAME …]: builds the fuzz targets with clang and runs each (all: safetensors, shard_index, pth,
# probe, index) for SECONDS (600) of processor time, from its seeds in tests/fuzz/corpus and, for clips, from tiny ones
# made here. A finding stops the run with the input that shows it; keep that as a seed. Needs `tools/setup.sh --qa`.
# tools/fuzz.sh clips CLIP …: no fuzzing; reads, converts, writes and joins whole clips under the same sanitizers.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=600
if [[ "${1:-}" == -t ]]; then seconds=${2:?"-t needs seconds"}; shift 2; fi
if [[ "${1:-}" == clips ]]; then
  shift
  clips=()
  for clip; do clips+=("$(realpath -- "$clip")"); done
  cmake --preset fuzz >build/fuzz-configure.log 2>&1 || { tail -n 20 build/fuzz-configure.log >&2; exit 1; }
  cmake --build build/fuzz --target read_clips
  ASAN_OPTIONS=detect_leaks=0 exec build/fuzz/tests/fuzz/read_clips "${clips[@]}"
fi
names=("$@")
((${#names[@]})) || names=(safetensors shard_index pth probe index)
cmake --preset fuzz >build/fuzz-configure.log 2>&1 || { tail -n 20 build/fuzz-configure.log >&2; exit 1; }
cmake --build build/fuzz --target "${names[@]/#/fuzz_}"

# One byte in front of each clip chooses the extension (the order of kExtensions in tests/fuzz/fuzz_probe.cpp).
make_seeds() {
  local to=$1 number=0 extension options
  for extension in mp4 mkv mov webm avi ts mpg y4m nut wmv png exr dpx tif jpg bmp; do
    case $extension in
      mp4) options=(-c:v libx264 -bf 2 -g 4 -x264-params rc-lookahead=4) ;;
      mkv) options=(-c:v ffv1 -level 3) ;;
      mov) options=(-c:v prores_ks) ;;
      webm) options=(-c:v libvpx-vp9 -b:v 20k -auto-alt-ref 1 -lag-in-frames 4) ;;
      mpg|ts) options=(-c:v mpeg2video -bf 2) ;;
      png|exr|dpx|tif|jpg|bmp) options=(-frames:v 1) ;;
      *) options=() ;;
    esac
    ffmpeg -nostdin -loglevel error -y -f lavfi -i testsrc2=size=48x32:rate=24 -frames:v 6 "${options[@]}" \
      "$to/seed.$extension" 2>/dev/null || true
    if [[ -s "$to/seed.$extension" ]]; then
      { printf "\\x$(printf %02x $number)"; cat "$to/seed.$extension"; } >"$to/$extension"
    fi
    rm -f "$to/seed.$extension"
    number=$((number + 1))
  done
}

# Processor time of the programs that this script has waited for, in seconds.
spent() { awk -v tick="$(getconf CLK_TCK)" '{ print int(($16 + $17) / tick) }' /proc/$$/stat; }

# libFuzzer's timeout goes by the clock on the wall: on a machine that stood still for a while it blames whatever input
# was being read. An input that alone takes less than ten seconds of processor time is not slow.
stood_still() {
  local input
  input=$(sed -n 's/.*Test unit written to \(.*-timeout-.*\)/\1/p' "build/fuzz/$name.log")
  [[ -n "$input" ]] || return 1
  (ulimit -t 10; ASAN_OPTIONS=detect_leaks=0 "build/fuzz/tests/fuzz/fuzz_$name" -timeout=0 "$input" >/dev/null 2>&1) ||
    return 1
  rm -f "$input"
}

for name in "${names[@]}"; do
  work=build/fuzz/work/$name
  mkdir -p "$work"
  seeds=(tests/fuzz/corpus/${name/shard_index/index})
  length=4096
  case $name in
    probe) seeds=(tests/fuzz/corpus/probe); length=16384; make_seeds "$work" ;;
    index) seeds=(tests/fuzz/corpus/packet_index) ;;
  esac
  for i in "${!seeds[@]}"; do [[ -d "${seeds[$i]}" ]] || unset "seeds[$i]"; done
  echo "fuzz: $name for $seconds s"
  begin=$(spent)
  runs=0
  while (($(spent) - begin < seconds)); do
    # Leaks are not looked for in what FFmpeg keeps for the process.
    ASAN_OPTIONS=detect_leaks=0 "build/fuzz/tests/fuzz/fuzz_$name" -max_total_time=60 -max_len="$length" -timeout=60 \
      -report_slow_units=60 -rss_limit_mb=3000 -artifact_prefix="build/fuzz/$name-" -print_final_stats=1 "$work" \
      ${seeds[@]+"${seeds[@]}"} 2>"build/fuzz/$name.log" || stood_still || {
        tail -n 40 "build/fuzz/$name.log" >&2; exit 1; }
    runs=$((runs + $(sed -n 's/.*number_of_executed_units: *//p' "build/fuzz/$name.log")))
  done
  echo "fuzz: $name: $runs inputs in $(($(spent) - begin)) s of processor time, no finding; $(ls "$work" | wc -l) kept"
done
