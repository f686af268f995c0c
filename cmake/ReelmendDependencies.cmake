# Header-only libraries; on a machine that has only PyTorch and nvcc they travel in .carry/include (docs/gpu.md).
if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/.carry/include)
  target_include_directories(reelmend_flags SYSTEM INTERFACE ${CMAKE_SOURCE_DIR}/.carry/include)
endif()
find_package(Threads REQUIRED)

if(REELMEND_ENGINE)
  find_package(LibTorch REQUIRED)
endif()

if(REELMEND_STUDIO)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET
    libavcodec>=59 libavformat>=59 libavutil>=57 libavfilter>=8 libswscale>=6 libswresample>=4)
  find_package(OpenCVCore REQUIRED COMPONENTS core imgproc video photo)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Widgets Svg Test LinguistTools)
endif()
