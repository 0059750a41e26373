# Cross-builds for 64-bit ARM; see arm-linux.cmake.
#   cmake -S . -B build/arm64 -G Ninja -DCMAKE_TOOLCHAIN_FILE=tools/cmake/aarch64-linux.cmake -DLITE_BUILD_TESTS=ON
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(triple aarch64-linux-gnu)
set(baseline "")
set(zig_target aarch64-linux-musl)
set(zig_baseline "")
set(emulator qemu-aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/arm-linux.cmake)
