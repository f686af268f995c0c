#include "core/train/weight_shelf.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

namespace reelmend::train {

WeightShelf::WeightShelf(models::VisitFunction network, c10::Device device)
    : network_(std::move(network))
    , device_(device)
{
    network_([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        const at::Tensor here = tensor.detach().cpu();
        host_.push_back(device_.is_cpu() ? here : here.pin_memory());
        tensor = at::Tensor();
    });
}

void WeightShelf::bring()
{
    if (isThere_) {
        return;
    }
    const at::NoGradGuard noGrad;
    std::size_t next = 0;
    network_([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        // A copy on the CPU too, where nothing is won: what is parked is gone on every device alike.
        const at::Tensor& waiting = host_[next++];
        tensor = waiting.to(device_, waiting.scalar_type(), /*non_blocking=*/true, /*copy=*/true);
    });
    isThere_ = true;
}

void WeightShelf::park()
{
    network_([](const std::string&, at::Tensor& tensor, at::IntArrayRef) { tensor = at::Tensor(); });
    isThere_ = false;
}

} // namespace reelmend::train
