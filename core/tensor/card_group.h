#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <memory>

namespace reelmend::tensor {

// Processes that each have a CUDA device of their own and exchange tensors from card to card (c10d's NCCL).
class CardGroup {
public:
    // Whether this program, its CUDA module and LibTorch can do it.
    static bool isAvailable();

    // `store` is a c10::intrusive_ptr<c10d::Store> where all processes meet; no header of c10d here. Throws
    // base::Error(kUnavailable) with NCCL's reason.
    CardGroup(const void* store, int rank, int size, c10::Device device);
    CardGroup(const CardGroup&) = delete;
    CardGroup& operator=(const CardGroup&) = delete;

    // In place, in the order of the device's current stream: this thread does not wait. A contiguous tensor of the
    // device, of one size in all processes.
    void sum(at::Tensor& tensor);
    void broadcast(at::Tensor& tensor); // rank 0's

private:
    std::unique_ptr<void, void (*)(void*)> group_;
};

} // namespace reelmend::tensor
