#!/usr/bin/env bash
# tools/check_format.sh [--fix]: clang-format over every tracked C++ file.
set -euo pipefail
cd "$(dirname "$0")/.."
format=$(command -v clang-format-16 || command -v clang-format) || { echo 'clang-format is not installed; tools/setup.sh installs it'; exit 1; }
mapfile -t files < <(git ls-files '*.h' '*.cpp' '*.cu' '*.cuh')
if [[ "${1:-}" == --fix ]]; then
  printf '%s\0' "${files[@]}" | xargs -0 -n 16 -P 2 "$format" -i
else
  printf '%s\0' "${files[@]}" | xargs -0 -n 16 -P 2 "$format" --dry-run --Werror
  echo "${#files[@]} files are formatted as .clang-format says"
fi
