# Every flag of the project lives on one INTERFACE target; no folder sets flags of its own.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "build type" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# -g1 keeps line numbers in traces at a fraction of the cost of -g.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(reelmend_flags INTERFACE)
add_library(Reelmend::flags ALIAS reelmend_flags)
target_include_directories(reelmend_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(reelmend_flags INTERFACE REELMEND_VERSION="${PROJECT_VERSION}")
# -fPIC for programs too: a precompiled header made for a library is refused by files compiled with -fPIE.
target_compile_options(reelmend_flags INTERFACE -fPIC
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers
  $<$<BOOL:${REELMEND_WERROR}>:-Werror>)
if(REELMEND_SANITIZE)
  target_compile_options(reelmend_flags INTERFACE -fsanitize=${REELMEND_SANITIZE} -fno-omit-frame-pointer)
  if(REELMEND_SANITIZE MATCHES "undefined")
    target_compile_options(reelmend_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
  target_link_options(reelmend_flags INTERFACE -fsanitize=${REELMEND_SANITIZE})
endif()

find_program(REELMEND_CCACHE ccache)
if(REELMEND_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers need the sloppiness; the base folder lets two checkouts share one cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${REELMEND_CCACHE})
  target_compile_options(reelmend_flags INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
endif()
find_program(REELMEND_MOLD mold)
if(REELMEND_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_link_options(reelmend_flags INTERFACE -fuse-ld=mold)
endif()

# Qt: no lower-case keywords (LibTorch has methods called slots), no implicit conversions, connect with a context.
add_library(reelmend_qt_flags INTERFACE)
target_compile_definitions(reelmend_qt_flags INTERFACE
  QT_NO_KEYWORDS QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_CAST_FROM_BYTEARRAY QT_NO_URL_CAST_FROM_STRING
  QT_NO_NARROWING_CONVERSIONS_IN_CONNECT QT_USE_QSTRINGBUILDER QT_DISABLE_DEPRECATED_BEFORE=0x060400)
