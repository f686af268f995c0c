#include "core/video/convert_kernels_impl.h"

namespace reelmend::video::detail {

const Kernels& baselineKernels()
{
    return kTable;
}

const Kernels& kernels()
{
    const Kernels* fast = avx2Kernels();
    return fast != nullptr ? *fast : kTable;
}

} // namespace reelmend::video::detail
