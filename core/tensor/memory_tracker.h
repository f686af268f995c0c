#pragma once
#include <cstdint>
#include <memory>

#include <c10/core/Device.h>

namespace reelmend::tensor {

// Peak of the tensor memory that is allocated while it lives: on the CPU by a hook in LibTorch's allocator (this
// thread and the pool threads it starts work in), on CUDA from the caching allocator's statistics. Counts tensors
// only: what was there before is the zero line, so freeing older tensors makes `current` negative.
class MemoryTracker {
public:
    explicit MemoryTracker(c10::Device device = c10::Device(c10::kCPU));
    ~MemoryTracker();
    MemoryTracker(const MemoryTracker&) = delete;
    MemoryTracker& operator=(const MemoryTracker&) = delete;

    std::int64_t currentBytes() const;
    std::int64_t peakBytes() const;
    void resetPeak(); // the peak starts again at what is allocated now

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Of the whole process, weights and libraries included, as the kernel counts it.
std::int64_t processPeakBytes();
std::int64_t processCurrentBytes();
bool resetProcessPeak(); // false where the kernel does not allow it

} // namespace reelmend::tensor
