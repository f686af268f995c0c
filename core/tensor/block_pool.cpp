#include "core/tensor/block_pool.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <sys/mman.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REELMEND_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define REELMEND_WATCHED 1
#endif
#endif

namespace reelmend::tensor {

namespace {

constexpr std::size_t kLarge = std::size_t(1) << 20;
constexpr std::size_t kPage = 4096, kHugePage = std::size_t(1) << 21;

std::size_t roundedUp(std::size_t size, std::size_t to)
{
    return (size + to - 1) / to * to;
}

// Pages of the kernel's, at the start of a huge page where they fill one. Null where there are none.
char* mapBlock(std::size_t size)
{
    const std::size_t slack = size >= kHugePage ? kHugePage : 0;
    void* mapped = ::mmap(nullptr, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        return nullptr;
    }
    auto* begin = static_cast<char*>(mapped);
    if (slack > 0) {
        const auto address = reinterpret_cast<std::uintptr_t>(mapped);
        const std::size_t before = roundedUp(address, kHugePage) - address;
        if (before > 0) {
            ::munmap(begin, before);
        }
        begin += before;
        ::munmap(begin + size, slack - before);
        ::madvise(begin, size, MADV_HUGEPAGE); // advice: without huge pages it is only slower
    }
    return begin;
}

class BlockPool final : public c10::Allocator {
public:
    c10::DataPtr allocate(std::size_t bytes) override
    {
        void* data = bytes < kLarge ? c10::alloc_cpu(bytes) : take(bytes);
        c10::profiledCPUMemoryReporter().New(data, bytes);
        return {data, data, bytes < kLarge ? &deleteSmall : &deleteAny, c10::Device(c10::kCPU)};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &deleteAny; }
    void copy_data(void* to, const void* from, std::size_t bytes) const override
    {
        default_copy_data(to, from, bytes);
    }

    void releaseFree()
    {
        const std::lock_guard lock(mutex_);
        evictTo(0);
        statistics_.peakBytes = statistics_.usedBytes;
    }
    BlockStatistics statistics()
    {
        const std::lock_guard lock(mutex_);
        return statistics_;
    }

private:
    static void deleteSmall(void* data);
    static void deleteAny(void* data);

    void* take(std::size_t bytes)
    {
        const std::size_t size = roundedUp(bytes, kPage);
        const std::lock_guard lock(mutex_);
        char* data = nullptr;
        if (const auto found = bySize_.lower_bound({size, nullptr}); found != bySize_.end()) {
            const auto [blockSize, block] = *found;
            remove(block, blockSize);
            if (blockSize > size) {
                add(block + size, blockSize - size);
            }
            data = block;
            ++statistics_.reused;
        } else {
            const auto used = statistics_.usedBytes + static_cast<std::int64_t>(size);
            evictTo(std::max(statistics_.peakBytes, used) - used);
            data = mapBlock(size);
            if (!data && statistics_.freeBytes > 0) {
                evictTo(0);
                data = mapBlock(size);
            }
            if (!data) {
                return c10::alloc_cpu(bytes); // which fails as LibTorch does, or knows better
            }
            ++statistics_.mapped;
        }
        sizes_.emplace(data, size);
        statistics_.usedBytes += static_cast<std::int64_t>(size);
        statistics_.peakBytes = std::max(statistics_.peakBytes, statistics_.usedBytes);
        return data;
    }

    // False for what take() got from LibTorch's own allocator.
    bool giveBack(void* data)
    {
        const std::lock_guard lock(mutex_);
        const auto found = sizes_.find(data);
        if (found == sizes_.end()) {
            return false;
        }
        auto* begin = static_cast<char*>(data);
        std::size_t size = found->second;
        sizes_.erase(found);
        statistics_.usedBytes -= static_cast<std::int64_t>(size);
        if (const auto next = byAddress_.find(begin + size); next != byAddress_.end()) {
            const std::size_t more = next->second;
            remove(begin + size, more);
            size += more;
        }
        if (const auto next = byAddress_.lower_bound(begin);
            next != byAddress_.begin() && std::prev(next)->first + std::prev(next)->second == begin) {
            const auto [before, more] = *std::prev(next);
            remove(before, more);
            begin = before;
            size += more;
        }
        add(begin, size);
        evictTo(statistics_.peakBytes - statistics_.usedBytes);
        return true;
    }

    // Small pieces go first: a large one serves every request.
    void evictTo(std::int64_t bytes)
    {
        while (statistics_.freeBytes > bytes) {
            const auto [size, block] = *bySize_.begin();
            const auto excess = roundedUp(static_cast<std::size_t>(statistics_.freeBytes - bytes), kPage);
            const std::size_t gone = std::min(size, excess);
            remove(block, size);
            if (gone < size) {
                add(block, size - gone);
            }
            ::munmap(block + size - gone, gone);
        }
    }

    void add(char* block, std::size_t size)
    {
        byAddress_.emplace(block, size);
        bySize_.emplace(size, block);
        statistics_.freeBytes += static_cast<std::int64_t>(size);
    }
    void remove(char* block, std::size_t size)
    {
        byAddress_.erase(block);
        bySize_.erase({size, block});
        statistics_.freeBytes -= static_cast<std::int64_t>(size);
    }

    std::mutex mutex_;
    std::unordered_map<void*, std::size_t> sizes_; // of blocks in use
    // What is free, neighbours joined.
    std::map<char*, std::size_t> byAddress_;
    std::set<std::pair<std::size_t, char*>> bySize_;
    BlockStatistics statistics_;
};

// Tensors may outlive every static object, so that it is never destroyed.
BlockPool& pool()
{
    static auto* const one = new BlockPool;
    return *one;
}

void BlockPool::deleteSmall(void* data)
{
    if (data) {
        c10::profiledCPUMemoryReporter().Delete(data);
        c10::free_cpu(data);
    }
}

void BlockPool::deleteAny(void* data)
{
    if (data) {
        c10::profiledCPUMemoryReporter().Delete(data);
        if (!pool().giveBack(data)) {
            c10::free_cpu(data);
        }
    }
}

} // namespace

void reuseLargeBlocks()
{
#if !defined(REELMEND_WATCHED)
    c10::SetCPUAllocator(&pool());
#endif
}

void releaseFreeBlocks()
{
    pool().releaseFree();
}

BlockStatistics blockStatistics()
{
    return pool().statistics();
}

} // namespace reelmend::tensor
