#include "core/tensor/cuda/nccl_group.h"

#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAGuard.h>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <chrono>
#include <vector>

#include "core/tensor/cuda/guarded.h"

namespace reelmend::tensor::cuda {

namespace {

struct Group {
    c10::intrusive_ptr<c10d::ProcessGroupNCCL> processes;
    c10::DeviceIndex device;
};

// `start` begins a collective on the current stream's behalf; that stream then waits for it, this thread does not.
template <class Start> const char* collective(void* group, void* tensor, const Start& start)
{
    return guarded([&] {
        auto& g = *static_cast<Group*>(group);
        const c10::cuda::CUDAGuard guard(g.device);
        std::vector<at::Tensor> tensors{*static_cast<at::Tensor*>(tensor)};
        start(*g.processes, tensors)->wait();
    });
}

} // namespace

const char* ncclJoin(const void* store, int rank, int size, int device, void** group)
{
    return guarded([&] {
        const auto index = static_cast<c10::DeviceIndex>(device);
        const c10::cuda::CUDAGuard guard(index);
        auto options = c10d::ProcessGroupNCCL::Options::create();
        options->timeout = std::chrono::minutes(30);
        *group = new Group{c10::make_intrusive<c10d::ProcessGroupNCCL>(
                               *static_cast<const c10::intrusive_ptr<c10d::Store>*>(store), rank, size, options),
            index};
    });
}

const char* ncclSum(void* group, void* tensor)
{
    return collective(group, tensor, [](c10d::ProcessGroupNCCL& processes, std::vector<at::Tensor>& tensors) {
        return processes.allreduce(tensors);
    });
}

const char* ncclBroadcast(void* group, void* tensor)
{
    return collective(group, tensor, [](c10d::ProcessGroupNCCL& processes, std::vector<at::Tensor>& tensors) {
        return processes.broadcast(tensors);
    });
}

void ncclLeave(void* group)
{
    guarded([&] { static_cast<Group*>(group)->processes->shutdown(); });
    delete static_cast<Group*>(group);
}

} // namespace reelmend::tensor::cuda
