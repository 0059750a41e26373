# liblite, shared and static, its headers, and what find_package(lite) reads; benchmark_bin.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

foreach(kind SHARED STATIC)
  string(TOLOWER ${kind} suffix)
  set(library lite_${suffix})
  add_library(${library} ${kind})
  target_link_libraries(${library} PRIVATE $<BUILD_INTERFACE:lite_core> PUBLIC Threads::Threads)
  target_include_directories(${library} INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/csrc/include>
                                                  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set_target_properties(${library} PROPERTIES OUTPUT_NAME lite LINKER_LANGUAGE CXX EXPORT_NAME ${suffix})
endforeach()
set_target_properties(lite_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)

file(GLOB benchmark_sources CONFIGURE_DEPENDS bench/benchmark/*.cc)
add_executable(benchmark_bin ${benchmark_sources})
target_link_libraries(benchmark_bin PRIVATE lite_static)
target_include_directories(benchmark_bin PRIVATE bench csrc)

# Component app is what runs on a device; the rest is for who builds with it.
install(TARGETS lite_shared EXPORT lite-targets LIBRARY COMPONENT app)
install(TARGETS lite_static EXPORT lite-targets)
install(TARGETS benchmark_bin RUNTIME COMPONENT app)
install(DIRECTORY csrc/include/lite DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/lite)
install(EXPORT lite-targets NAMESPACE lite:: DESTINATION ${package_folder})
configure_package_config_file(tools/cmake/lite-config.cmake.in lite-config.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(lite-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lite-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/lite-config-version.cmake
        DESTINATION ${package_folder})
