#pragma once
#include <cstdint>

// Large tensors of the CPU use freed memory again instead of asking the kernel each time, which clears every page of
// it: a quarter of a chunk's time. What is free and kept never makes the tensors' memory exceed the peak that it had
// anyway. No clearing: a new tensor holds whatever was there.
namespace reelmend::tensor {

// From now on, in the whole process: LibTorch has one allocator for the CPU. Does nothing when called again, and
// under a sanitizer, which watches the allocator itself.
void reuseLargeBlocks();
// Gives back what is free; the peak starts again at what is in use.
void releaseFreeBlocks();

struct BlockStatistics {
    std::int64_t usedBytes = 0, freeBytes = 0, peakBytes = 0; // of blocks of at least 1 MiB; peak of those in use
    std::int64_t reused = 0, mapped = 0;                      // requests served by a free block and by the kernel
};
BlockStatistics blockStatistics();

} // namespace reelmend::tensor
