#pragma once
// The one place that knows versions of LibTorch apart. Supported: 2.6 and later (the program is made with 2.11).
#include <torch/version.h>

#include <cstdint>

#define REELMEND_TORCH (TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR)

static_assert(REELMEND_TORCH >= 206, "LibTorch 2.6 or later is needed");

namespace reelmend::tensor {

// c10::MemoryReportingInfoBase::reportMemoryUsage takes its two totals as size_t since 2.0.
using MemoryTotal = std::size_t;

} // namespace reelmend::tensor
