#include <ATen/ATen.h>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>

#include "core/base/error.h"
#include "core/tensor/card_group.h"
#include "core/train/parallel.h"
#include "core/train/parallel_buckets.h"

namespace reelmend::train {

namespace {

constexpr std::chrono::minutes kPatience(30);

c10::intrusive_ptr<c10d::Store> meetingPlace(const ParallelPlace& place)
{
    if (!place.storeFile.empty()) {
        return c10::make_intrusive<c10d::FileStore>(place.storeFile, place.size);
    }
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(place.port);
    options.isServer = place.rank == 0 && !place.agentStore;
    options.numWorkers = static_cast<std::size_t>(place.size);
    options.waitWorkers = !place.agentStore;
    options.timeout = kPatience;
    c10::intrusive_ptr<c10d::Store> store = c10::make_intrusive<c10d::TCPStore>(place.host, options);
    if (place.agentStore) { // its keys of earlier attempts are still there
        store = c10::make_intrusive<c10d::PrefixStore>(
            "/worker/attempt_" + std::to_string(place.attempt), std::move(store));
    }
    return store;
}

class GlooGroup final : public ParallelGroup {
public:
    explicit GlooGroup(const ParallelPlace& place)
        : rank_(place.rank)
        , size_(place.size)
        , store_(c10::make_intrusive<c10d::PrefixStore>("reelmend", meetingPlace(place)))
    {
        auto options = c10d::ProcessGroupGloo::Options::create(kPatience);
        const bool isLocal = place.host.empty() || place.host == "127.0.0.1" || place.host == "localhost";
        options->devices.push_back(isLocal ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                           : c10d::ProcessGroupGloo::createDefaultDevice());
        group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, rank_, size_, options);
    }

    int rank() const override { return rank_; }
    int size() const override { return size_; }

    void sum(const std::vector<at::Tensor>& tensors) override
    {
        inBuckets(tensors, c10::kCPU, [this](at::Tensor& bucket) {
            std::vector<at::Tensor> list{bucket};
            group_->allreduce(list)->wait();
        });
    }

    void broadcast(const std::vector<at::Tensor>& tensors) override
    {
        inBuckets(tensors, c10::kCPU, [this](at::Tensor& bucket) {
            std::vector<at::Tensor> list{bucket};
            group_->broadcast(list)->wait();
        });
    }

    const c10::intrusive_ptr<c10d::Store>& store() const { return store_; }

private:
    int rank_, size_;
    c10::intrusive_ptr<c10d::Store> store_;
    c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

// Gloo for main memory, NCCL for the card.
class CardsGroup final : public ParallelGroup {
public:
    CardsGroup(std::unique_ptr<GlooGroup> host, c10::Device device)
        : host_(std::move(host))
        , store_(c10::make_intrusive<c10d::PrefixStore>("cards", host_->store()))
        , device_(device)
        , cards_(&store_, host_->rank(), host_->size(), device)
    {}

    int rank() const override { return host_->rank(); }
    int size() const override { return host_->size(); }

    void sum(const std::vector<at::Tensor>& tensors) override
    {
        isHere(tensors) ? inBuckets(tensors, device_, [this](at::Tensor& bucket) { cards_.sum(bucket); })
                        : host_->sum(tensors);
    }

    void broadcast(const std::vector<at::Tensor>& tensors) override
    {
        isHere(tensors) ? inBuckets(tensors, device_, [this](at::Tensor& bucket) { cards_.broadcast(bucket); })
                        : host_->broadcast(tensors);
    }

private:
    static bool isHere(const std::vector<at::Tensor>& tensors)
    {
        return !tensors.empty() && tensors.front().is_cuda();
    }

    std::unique_ptr<GlooGroup> host_;
    c10::intrusive_ptr<c10d::Store> store_;
    c10::Device device_;
    tensor::CardGroup cards_;
};

// Whether no two processes work on the same card of the same machine, which NCCL refuses.
bool haveCardsOfTheirOwn(ParallelGroup& group, c10::Device device)
{
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const std::string card = std::string(host.data()) + ":" + std::to_string(device.index());
    at::Tensor cards = at::zeros({group.size()}, at::kLong);
    cards[group.rank()].fill_(static_cast<std::int64_t>(std::hash<std::string>()(card) >> 1));
    group.sum({cards});
    auto* first = cards.data_ptr<std::int64_t>();
    std::sort(first, first + cards.numel());
    return std::adjacent_find(first, first + cards.numel()) == first + cards.numel();
}

} // namespace

std::unique_ptr<ParallelGroup> ParallelGroup::join(const ParallelPlace& place, c10::Device device)
{
    try {
        auto host = std::make_unique<GlooGroup>(place);
        const bool canUseCards = !host->anyone(!device.is_cuda() || !tensor::CardGroup::isAvailable());
        if (canUseCards && haveCardsOfTheirOwn(*host, device)) {
            return std::make_unique<CardsGroup>(std::move(host), device);
        }
        return host;
    } catch (const base::Error&) {
        throw;
    } catch (const std::exception& error) {
        const std::string text = error.what();
        throw base::Error(base::ErrorKind::kUnavailable, "The processes of this training did not come together.",
            text.substr(0, text.find('\n')) + ".",
            "Check that all of them run, and that they can reach rank 0's port.");
    }
}

} // namespace reelmend::train
