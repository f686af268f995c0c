#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/chopgrad/group_chain.h"
#include "core/plan/gradient_schedule.h"

namespace reelmend::chopgrad {

// Boundary caches of a sweep, named by the group that they enter. One thread; a store may copy behind its back, but
// what it returns is complete. Values come back bit for bit.
class CacheKeeper {
public:
    virtual ~CacheKeeper() = default;

    // The cache is shared, never written: the caller may use it on.
    virtual void put(std::int64_t group, const models::CausalCache& cache) = 0;
    // On the device it came from. The entry stays until drop().
    virtual models::CausalCache get(std::int64_t group) = 0;
    virtual void prefetch(std::int64_t group) = 0; // get(group) will be asked for soon; may do nothing
    virtual void drop(std::int64_t group) = 0;     // also of what was never put

    // Caches held now, and their bytes where they lie.
    struct Held {
        std::int64_t caches = 0;
        std::int64_t device = 0, host = 0, disk = 0;
    };
    virtual Held held() const = 0;
};

std::unique_ptr<CacheKeeper> makeDeviceStore();
// Pinned main memory with copies on a stream of their own where the caches live on a CUDA device; on a CPU what a
// device store does.
std::unique_ptr<CacheKeeper> makeHostStore();
// A file in `folder` without a name (nothing is left behind, however the process ends), written and read by a thread
// of its own. Throws base::Error(kOutput or kDiskFull), at once or from a later call.
std::unique_ptr<CacheKeeper> makeDiskStore(const std::filesystem::path& folder);
// Keeps every `spacing`-th cache and makes the others from it by running the chain without gradient, a whole stretch
// at a time. `forwards` counts those runs.
std::unique_ptr<CacheKeeper> makeRecomputingStore(
    const GroupChain& chain, std::int64_t spacing, models::CausalCache entering, std::int64_t& forwards);

} // namespace reelmend::chopgrad
