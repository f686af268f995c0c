#include "core/chopgrad/cache_store.h"

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/GradMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <map>
#include <optional>

namespace reelmend::chopgrad {

namespace {

class DeviceStore final : public CacheKeeper {
public:
    void put(std::int64_t group, const models::CausalCache& cache) override
    {
        caches_[group] = models::detached(cache);
    }
    models::CausalCache get(std::int64_t group) override { return caches_.at(group); }
    void prefetch(std::int64_t) override {}
    void drop(std::int64_t group) override { caches_.erase(group); }
    Held held() const override
    {
        Held held;
        for (const auto& [group, cache] : caches_) {
            held.device += models::cacheBytes(cache);
        }
        held.caches = static_cast<std::int64_t>(caches_.size());
        return held;
    }

private:
    std::map<std::int64_t, models::CausalCache> caches_;
};

const at::Tensor* firstDefined(const models::CausalCache& cache)
{
    for (const auto& slot : cache.slots) {
        if (slot.defined()) {
            return &slot;
        }
    }
    return nullptr;
}

// Copies run on a stream of their own: out after what made the cache, in before what uses it. The allocator is told
// (record_stream), so that neither side's memory is handed out while a copy is under way.
class HostStore final : public CacheKeeper {
public:
    void put(std::int64_t group, const models::CausalCache& cache) override
    {
        const at::Tensor* first = firstDefined(cache);
        if (!first || !first->is_cuda()) {
            hosted_[group] = Entry{models::detached(cache), {}, {}, {}};
            return;
        }
        device_ = first->device();
        onCopyStream([&](const c10::Stream& copies) {
            Entry entry;
            entry.host.atStart = cache.atStart;
            for (const auto& slot : cache.slots) {
                if (!slot.defined()) {
                    entry.host.slots.emplace_back();
                    continue;
                }
                at::Tensor pinned = at::empty_strided(
                    slot.sizes(), slot.strides(), slot.options().device(at::kCPU).pinned_memory(true));
                pinned.copy_(slot.detach(), /*non_blocking=*/true);
                slot.record_stream(copies);
                entry.host.slots.push_back(std::move(pinned));
            }
            entry.written.emplace(c10::DeviceType::CUDA);
            entry.written->record(copies);
            hosted_[group] = std::move(entry);
        });
    }

    void prefetch(std::int64_t group) override
    {
        const auto found = hosted_.find(group);
        if (found == hosted_.end() || !found->second.written || found->second.fetched) {
            return;
        }
        Entry& entry = found->second;
        onCopyStream([&](const c10::Stream& copies) {
            const auto options = at::TensorOptions().device(*device_);
            models::CausalCache cache;
            cache.atStart = entry.host.atStart;
            for (const auto& slot : entry.host.slots) {
                cache.slots.push_back(slot.defined() ? slot.to(options, /*non_blocking=*/true) : at::Tensor());
            }
            entry.device = std::move(cache);
            entry.fetched.emplace(c10::DeviceType::CUDA);
            entry.fetched->record(copies);
        });
    }

    models::CausalCache get(std::int64_t group) override
    {
        Entry& entry = hosted_.at(group);
        if (!entry.written) {
            return entry.host;
        }
        prefetch(group);
        const c10::Stream current = c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).getStream(*device_);
        entry.fetched->block(current);
        models::CausalCache cache = std::move(entry.device);
        entry.device = {};
        entry.fetched.reset();
        for (const auto& slot : cache.slots) {
            if (slot.defined()) {
                slot.record_stream(current);
            }
        }
        return cache;
    }

    void drop(std::int64_t group) override
    {
        const auto found = hosted_.find(group);
        if (found != hosted_.end()) {
            if (found->second.written) {
                found->second.written->synchronize(); // pinned memory must outlive the copy
            }
            hosted_.erase(found);
        }
    }

    ~HostStore() override
    {
        for (auto& [group, entry] : hosted_) {
            if (entry.written) {
                entry.written->synchronize();
            }
        }
    }

    Held held() const override
    {
        Held held;
        for (const auto& [group, entry] : hosted_) {
            held.host += models::cacheBytes(entry.host);
            held.device += models::cacheBytes(entry.device);
        }
        held.caches = static_cast<std::int64_t>(hosted_.size());
        return held;
    }

private:
    struct Entry {
        models::CausalCache host, device;
        std::optional<c10::Event> written, fetched;
    };

    template <class Work> void onCopyStream(const Work& work)
    {
        const c10::impl::VirtualGuardImpl cuda(c10::DeviceType::CUDA);
        const c10::Stream current = cuda.getStream(*device_);
        if (!copies_) {
            copies_ = cuda.getStreamFromGlobalPool(*device_);
        }
        c10::Event ready(c10::DeviceType::CUDA);
        ready.record(current);
        ready.block(*copies_);
        const c10::StreamGuard guard(*copies_);
        work(*copies_);
    }

    std::map<std::int64_t, Entry> hosted_;
    std::optional<c10::Device> device_;
    std::optional<c10::Stream> copies_;
};

class RecomputingStore final : public CacheKeeper {
public:
    RecomputingStore(
        const GroupChain& chain, std::int64_t spacing, models::CausalCache entering, std::int64_t& forwards)
        : chain_(chain)
        , spacing_(spacing)
        , forwards_(forwards)
    {
        kept_[0] = std::move(entering);
    }

    void put(std::int64_t group, const models::CausalCache& cache) override
    {
        if (group % spacing_ == 0) {
            kept_[group] = models::detached(cache);
        }
    }

    models::CausalCache get(std::int64_t group) override
    {
        if (const auto kept = kept_.find(group); kept != kept_.end()) {
            return kept->second;
        }
        if (!stretch_.contains(group)) {
            remake(group);
        }
        return stretch_.at(group);
    }

    void prefetch(std::int64_t) override {}
    void drop(std::int64_t group) override
    {
        if (group > 0) {
            kept_.erase(group);
            stretch_.erase(group);
        }
    }

    Held held() const override
    {
        Held held;
        for (const auto* caches : {&kept_, &stretch_}) {
            for (const auto& [group, cache] : *caches) {
                held.device += models::cacheBytes(cache);
                held.caches += group > 0 ? 1 : 0; // what enters the clip is no cost of the store
            }
        }
        return held;
    }

private:
    void remake(std::int64_t group)
    {
        c10::AutoGradMode noGradient(false);
        const std::int64_t first = group / spacing_ * spacing_;
        models::CausalCache cache = kept_.at(first);
        for (std::int64_t g = first; g < group; ++g) {
            cache = chain_.run(g, chain_.inputs(g), std::move(cache)).cache;
            ++forwards_;
            stretch_[g + 1] = cache;
        }
    }

    const GroupChain& chain_;
    std::int64_t spacing_;
    std::int64_t& forwards_;
    std::map<std::int64_t, models::CausalCache> kept_, stretch_;
};

} // namespace

std::unique_ptr<CacheKeeper> makeDeviceStore()
{
    return std::make_unique<DeviceStore>();
}

std::unique_ptr<CacheKeeper> makeHostStore()
{
    return std::make_unique<HostStore>();
}

std::unique_ptr<CacheKeeper> makeRecomputingStore(
    const GroupChain& chain, std::int64_t spacing, models::CausalCache entering, std::int64_t& forwards)
{
    return std::make_unique<RecomputingStore>(chain, spacing, std::move(entering), forwards);
}

} // namespace reelmend::chopgrad
