# Sourced by run.sh and test.sh: sets up, configures build/dev and leaves $build and $preset for them. No command of its own.
preset=${REELMEND_PRESET:-dev}
build=build/$preset

configure_reelmend() {
  local options=("$@")
  if [[ "${TORCH:-}" == none ]]; then options+=(-DREELMEND_ENGINE=OFF); else options+=(-DREELMEND_ENGINE=ON); fi
  [[ -n "${LIBTORCH_ROOT:-}" ]] && options+=("-DLIBTORCH_ROOT=$LIBTORCH_ROOT")
  mkdir -p build
  if ! cmake --preset "$preset" "${options[@]}" >"build/configure-$preset.log" 2>&1; then
    tail -n 30 "build/configure-$preset.log" >&2
    echo "The build could not be configured; the whole log is build/configure-$preset.log." >&2
    return 1
  fi
}

# build_reelmend TARGET …: quiet while it works, the compiler's words when it does not.
build_reelmend() {
  local start=$SECONDS
  echo "building ($(nproc) processors; the log is build/build-$preset.log)"
  if [[ -t 1 ]]; then
    if ! cmake --build "$build" --target "$@" 2>&1 | tee "build/build-$preset.log" \
        | while IFS= read -r line; do [[ "$line" != \[* ]] || printf '\r\033[K%.100s' "$line"; done; then
      printf '\n' >&2
      grep -A 12 -E 'FAILED|error:' "build/build-$preset.log" >&2 || tail -n 40 "build/build-$preset.log" >&2
      return 1
    fi
    printf '\r\033[K'
  elif ! cmake --build "$build" --target "$@" >"build/build-$preset.log" 2>&1; then
    grep -A 12 -E 'FAILED|error:' "build/build-$preset.log" >&2 || tail -n 40 "build/build-$preset.log" >&2
    return 1
  fi
  echo "built in $((SECONDS - start)) s"
}
