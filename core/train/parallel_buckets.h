#pragma once
#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace reelmend::train {

// Tensors of one type go to `send` as one flat tensor on `device` of at most 32 MB (or of one tensor's size), and are
// copied back from it.
template <class Send> void inBuckets(const std::vector<at::Tensor>& tensors, c10::Device device, Send send)
{
    constexpr std::int64_t kMost = 32 << 20;
    for (std::size_t first = 0; first < tensors.size();) {
        std::vector<at::Tensor> flat;
        std::int64_t bytes = 0;
        std::size_t end = first;
        while (end < tensors.size() && tensors[end].scalar_type() == tensors[first].scalar_type() &&
               (end == first || bytes + static_cast<std::int64_t>(tensors[end].nbytes()) <= kMost)) {
            bytes += static_cast<std::int64_t>(tensors[end].nbytes());
            flat.push_back(tensors[end].detach().reshape({-1}).to(device));
            ++end;
        }
        at::Tensor bucket = at::cat(flat);
        send(bucket);
        std::int64_t place = 0;
        for (; first < end; ++first) {
            at::Tensor target = tensors[first].detach();
            target.copy_(bucket.narrow(0, place, target.numel()).view(target.sizes()));
            place += target.numel();
        }
    }
}

} // namespace reelmend::train
