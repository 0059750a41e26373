# liblite_jni.so, which the Java classes of csrc/bindings/java load: it holds the engine, too. An NDK has jni.h among its
# own headers; elsewhere it is that of JAVA_HOME, or of the JDK that javac belongs to.
add_library(lite_jni SHARED csrc/bindings/java/lite_jni.cc)
target_link_libraries(lite_jni PRIVATE lite_static)
if(NOT ANDROID)
  find_program(LITE_JAVAC javac HINTS $ENV{JAVA_HOME}/bin)
  if(NOT LITE_JAVAC)
    message(FATAL_ERROR "LITE_BUILD_JAVA needs a JDK: run `apt-get install default-jdk-headless`, or set JAVA_HOME")
  endif()
  get_filename_component(javac ${LITE_JAVAC} REALPATH)
  get_filename_component(jdk ${javac} DIRECTORY)
  target_include_directories(lite_jni SYSTEM PRIVATE ${jdk}/../include ${jdk}/../include/linux)
endif()
install(TARGETS lite_jni LIBRARY COMPONENT app)
