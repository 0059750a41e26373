# Cross-builds for 32-bit ARM (NEON with fused multiply-adds); see arm-linux.cmake.
#   cmake -S . -B build/armv7 -G Ninja -DCMAKE_TOOLCHAIN_FILE=tools/cmake/armv7-linux.cmake -DLITE_BUILD_TESTS=ON
set(CMAKE_SYSTEM_PROCESSOR armv7)
set(triple arm-linux-gnueabihf)
set(baseline "-march=armv7-a -mfpu=neon-vfpv4 -marm")
set(zig_target arm-linux-musleabihf)
set(zig_baseline "-mcpu=generic+v7a+neon+vfp4")
set(emulator qemu-arm)
include(${CMAKE_CURRENT_LIST_DIR}/arm-linux.cmake)
