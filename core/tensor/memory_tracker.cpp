#include "core/tensor/memory_tracker.h"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <string>

#include "core/tensor/cuda_module.h"
#include "core/tensor/torch_compat.h"

namespace reelmend::tensor {

namespace {

struct CpuCounter : c10::MemoryReportingInfoBase {
    std::atomic<std::int64_t> current{0}, peak{0};

    void reportMemoryUsage(void*, std::int64_t bytes, MemoryTotal, MemoryTotal, c10::Device device) override
    {
        if (!device.is_cpu()) {
            return;
        }
        const std::int64_t now = current.fetch_add(bytes) + bytes;
        std::int64_t seen = peak.load();
        while (now > seen && !peak.compare_exchange_weak(seen, now)) {
        }
    }
    bool memoryProfilingEnabled() const override { return true; }
};

std::int64_t statusBytes(const char* field)
{
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word) {
        if (word == field) {
            std::int64_t kilobytes = 0;
            status >> kilobytes;
            return kilobytes * 1024;
        }
    }
    return 0;
}

} // namespace

struct MemoryTracker::Impl {
    c10::Device device;
    std::shared_ptr<CpuCounter> counter;
    std::unique_ptr<c10::DebugInfoGuard> guard;
    std::int64_t start = 0;
};

MemoryTracker::MemoryTracker(c10::Device device)
    : impl_(new Impl{device, nullptr, nullptr, 0})
{
    if (device.is_cuda()) {
        impl_->start = cudaMemory(device).currentBytes;
        cudaResetPeak(device);
    } else {
        impl_->counter = std::make_shared<CpuCounter>();
        impl_->guard = std::make_unique<c10::DebugInfoGuard>(c10::DebugInfoKind::PROFILER_STATE, impl_->counter);
    }
}

MemoryTracker::~MemoryTracker() = default;

std::int64_t MemoryTracker::currentBytes() const
{
    return impl_->counter ? impl_->counter->current.load() : cudaMemory(impl_->device).currentBytes - impl_->start;
}

std::int64_t MemoryTracker::peakBytes() const
{
    return impl_->counter ? impl_->counter->peak.load() : cudaMemory(impl_->device).peakBytes - impl_->start;
}

void MemoryTracker::resetPeak()
{
    if (impl_->counter) {
        impl_->counter->peak.store(impl_->counter->current.load());
    } else {
        cudaResetPeak(impl_->device);
    }
}

std::int64_t processPeakBytes()
{
    return statusBytes("VmHWM:");
}

std::int64_t processCurrentBytes()
{
    return statusBytes("VmRSS:");
}

bool resetProcessPeak()
{
    std::ofstream clear("/proc/self/clear_refs");
    clear << "5\n";
    clear.flush();
    return clear.good();
}

} // namespace reelmend::tensor
