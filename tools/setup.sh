#!/usr/bin/env bash
# Installs what building and running Reelmend needs and this machine lacks: Debian packages and LibTorch (into .deps/).
# A second run installs nothing, needs no network and takes under a second.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: tools/setup.sh [--yes] [--qa] [--torch cpu|slim|full|none] [--dry-run]

  --yes        do not ask before installing (nothing is asked either when standard input is not a terminal)
  --qa         also the tools for checking the code: clang-tidy, sanitizer run-times, valgrind, …
  --torch SET  which LibTorch to install instead of the one chosen for this machine:
                 cpu   545 MB download, no GPU
                 slim  762 MB, a CUDA 13 toolkit with cuDNN 9 and NCCL is already in the loader's cache
                 full  2.5 GB, an NVIDIA GPU and no such toolkit
                 none  leave LibTorch out (the desktop and the classical model still build)
  --dry-run    only say what would be installed

environment:
  LIBTORCH_ROOT=DIR   use this LibTorch (a folder with include/ and lib/) instead of installing one
TEXT
}

yes=0 qa=0 dry=0 torch=${TORCH:-}
while (($#)); do
  case "$1" in
    --yes|-y) yes=1 ;;
    --qa) qa=1 ;;
    --dry-run) dry=1 ;;
    --torch) torch=${2:?"--torch needs cpu, slim, full or none"}; shift ;;
    --torch=*) torch=${1#*=} ;;
    -h|--help) usage; exit 0 ;;
    *) echo "setup: \"$1\" is not an option of this script." >&2; usage >&2; exit 2 ;;
  esac
  shift
done
case "$torch" in ''|cpu|slim|full|none) ;; *)
  echo "setup: there is no LibTorch set \"$torch\"; choose cpu, slim, full or none." >&2; exit 2 ;;
esac

# --- what is missing -------------------------------------------------------------------------------------------------
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' 2>/dev/null | awk '$1 == "ii" { print $2 }')
  cat "$@" | tr ' ' '\n' | grep -v '^$' | grep -vxF -f <(printf '%s\n' "$installed") || true
}

valid_torch() { [[ -n "$1" && -e "$1/lib/libtorch_cpu.so" && -f "$1/include/ATen/ATen.h" ]]; }

find_torch() {
  local folder
  if [[ -n "${LIBTORCH_ROOT:-}" ]]; then
    if valid_torch "$LIBTORCH_ROOT"; then realpath "$LIBTORCH_ROOT"; return 0; fi
    echo "setup: LIBTORCH_ROOT=$LIBTORCH_ROOT has no include/ATen/ATen.h and lib/libtorch_cpu.so." >&2
    return 1
  fi
  for folder in .deps/venv/lib/python3*/site-packages/torch; do
    if valid_torch "$folder"; then realpath "$folder"; return 0; fi
  done
  return 0
}

has_gpu() { [[ -e /proc/driver/nvidia/version || -e /dev/nvidiactl ]]; }
has_toolkit() {
  local cache
  cache=$(/sbin/ldconfig -p 2>/dev/null || true)
  [[ "$cache" == *libcudnn.so.9* && "$cache" == *libcublasLt.so.13* && "$cache" == *libnccl.so.2* ]]
}

lists=(tools/apt-build.txt)
((qa)) && lists+=(tools/apt-qa.txt)
packages=()
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
  mapfile -t packages < <(missing_packages "${lists[@]}")
else
  echo "setup: this is not a Debian system; install by hand what tools/apt-build.txt names."
fi

torch_root=$(find_torch)
torch_note=''
if [[ "$torch" == none ]]; then
  torch_note='LibTorch: left out, as asked'
elif [[ -n "$torch_root" ]]; then
  torch_note="LibTorch: $torch_root"
  torch=''
else
  why='asked for'
  if [[ -z "$torch" ]]; then
    if ! has_gpu; then torch=cpu why='no NVIDIA GPU here'
    elif has_toolkit; then torch=slim why='NVIDIA GPU and a CUDA 13 toolkit here'
    else torch=full why='NVIDIA GPU here, no CUDA 13 toolkit'; fi
  fi
  torch_note="LibTorch 2.11.0 to install: the $torch set ($why; --torch chooses another)"
fi
echo "setup: $torch_note"

install_torch=0
[[ -n "$torch" && "$torch" != none ]] && install_torch=1
if ((${#packages[@]} == 0 && !install_torch)); then
  exit 0
fi
if ((${#packages[@]})); then
  echo "setup: ${#packages[@]} Debian packages to install: ${packages[*]}"
fi
if ((install_torch)); then
  echo "setup: into .deps/venv: $(grep -oE '^[a-z0-9-]+==[0-9.]+' "tools/libtorch-$torch.txt" | tr '\n' ' ')"
fi
((dry)) && exit 0
if ((!yes)) && [[ -t 0 && -t 1 ]]; then
  read -r -p 'setup: go on? [Y/n] ' answer
  case "$answer" in [nN]*) echo 'setup: nothing was installed.'; exit 1 ;; esac
fi

mkdir -p build
# --- install ---------------------------------------------------------------------------------------------------------
if ((${#packages[@]})); then
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || {
      echo "setup: installing Debian packages needs root. As root: apt-get install ${packages[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  start=$SECONDS
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "${packages[@]}" >build/setup-apt.log 2>&1 || {
      tail -n 20 build/setup-apt.log >&2
      echo "setup: Debian's packages could not be installed; the whole log is build/setup-apt.log." >&2; exit 1; }
  rm -f build/setup-apt.log
  echo "setup: Debian packages installed in $((SECONDS - start)) s"
fi

if ((install_torch)); then
  start=$SECONDS
  python=/usr/bin/python3
  [[ -x $python ]] || python=$(command -v python3)
  [[ -x .deps/venv/bin/python ]] || "$python" -m venv .deps/venv
  .deps/venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
    -r "tools/libtorch-$torch.txt" || {
      echo 'setup: LibTorch could not be installed (no network?). Try again, name one with LIBTORCH_ROOT=DIR, or leave' >&2
      echo '       it out with --torch none.' >&2; exit 1; }
  torch_root=$(find_torch)
  lacking=$(ldd "$torch_root/lib/libtorch_cpu.so" | grep 'not found' || true)
  if [[ -n "$lacking" ]]; then
    echo "setup: LibTorch is installed but lacks libraries:" >&2; echo "$lacking" >&2; exit 1
  fi
  echo "setup: LibTorch installed in $((SECONDS - start)) s: $torch_root"
fi
