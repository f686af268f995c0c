#include "core/video/convert_kernels_impl.h" // compiled with -mavx2 on x86-64: see CMakeLists.txt

namespace reelmend::video::detail {

const Kernels* avx2Kernels()
{
#if defined(__AVX2__)
    return __builtin_cpu_supports("avx2") ? &kTable : nullptr;
#else
    return nullptr;
#endif
}

} // namespace reelmend::video::detail
