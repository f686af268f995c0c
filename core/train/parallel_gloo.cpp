#include <ATen/ATen.h>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>

#include "core/base/error.h"
#include "core/train/parallel.h"

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
        inBuckets(tensors, [this](std::vector<at::Tensor>& bucket) { group_->allreduce(bucket)->wait(); });
    }

    void broadcast(const std::vector<at::Tensor>& tensors) override
    {
        inBuckets(tensors, [this](std::vector<at::Tensor>& bucket) { group_->broadcast(bucket)->wait(); });
    }

private:
    // Tensors of one type go as one flat tensor of at most 32 MB (or of one tensor's size), and are copied back.
    template <class Send> void inBuckets(const std::vector<at::Tensor>& tensors, Send send)
    {
        constexpr std::int64_t kMost = 32 << 20;
        for (std::size_t first = 0; first < tensors.size();) {
            std::vector<at::Tensor> flat;
            std::int64_t bytes = 0;
            std::size_t end = first;
            while (end < tensors.size() && tensors[end].scalar_type() == tensors[first].scalar_type() &&
                   (end == first || bytes + static_cast<std::int64_t>(tensors[end].nbytes()) <= kMost)) {
                bytes += static_cast<std::int64_t>(tensors[end].nbytes());
                flat.push_back(tensors[end].detach().reshape({-1}).to(at::kCPU));
                ++end;
            }
            std::vector<at::Tensor> bucket{at::cat(flat)};
            send(bucket);
            std::int64_t place = 0;
            for (; first < end; ++first) {
                at::Tensor target = tensors[first].detach();
                target.copy_(bucket.front().narrow(0, place, target.numel()).view(target.sizes()));
                place += target.numel();
            }
        }
    }

    int rank_, size_;
    c10::intrusive_ptr<c10d::Store> store_;
    c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

} // namespace

std::unique_ptr<ParallelGroup> ParallelGroup::join(const ParallelPlace& place)
{
    try {
        return std::make_unique<GlooGroup>(place);
    } catch (const std::exception& error) {
        const std::string text = error.what();
        throw base::Error(base::ErrorKind::kUnavailable, "The processes of this training did not come together.",
            text.substr(0, text.find('\n')) + ".",
            "Check that all of them run, and that they can reach rank 0's port.");
    }
}

} // namespace reelmend::train
