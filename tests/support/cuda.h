#pragma once
#include <doctest/doctest.h>

#include "core/tensor/cuda_module.h"

namespace reelmend::test {

// First thing in a test labelled gpu. False, with a message that says why, where no CUDA device answers.
inline bool cudaIsThere()
{
    if (tensor::cudaDeviceCount() > 0) {
        return true;
    }
    MESSAGE("skipped: ", tensor::cudaProblem());
    return false;
}

} // namespace reelmend::test
