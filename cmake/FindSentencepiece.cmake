# Debian's libsentencepiece-dev; its pkg-config file would link the trainer as well.
find_path(SENTENCEPIECE_INCLUDE_DIR sentencepiece_processor.h)
find_library(SENTENCEPIECE_LIBRARY sentencepiece)
mark_as_advanced(SENTENCEPIECE_INCLUDE_DIR SENTENCEPIECE_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Sentencepiece REQUIRED_VARS SENTENCEPIECE_LIBRARY SENTENCEPIECE_INCLUDE_DIR)
if(Sentencepiece_FOUND AND NOT TARGET Sentencepiece::sentencepiece)
  add_library(Sentencepiece::sentencepiece UNKNOWN IMPORTED)
  set_target_properties(Sentencepiece::sentencepiece PROPERTIES IMPORTED_LOCATION "${SENTENCEPIECE_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${SENTENCEPIECE_INCLUDE_DIR}")
endif()
