#include "core/tensor/card_group.h"

#include "core/base/error.h"
#include "core/tensor/cuda_module.h"

namespace reelmend::tensor {

namespace {

void check(const char* problem)
{
    if (problem) {
        const std::string text = problem;
        throw base::Error(base::ErrorKind::kUnavailable, "The cards of this training cannot reach each other.",
            text.substr(0, text.find('\n')), "NCCL_DEBUG=INFO in the environment makes NCCL say more.");
    }
}

} // namespace

bool CardGroup::isAvailable()
{
    const CudaModule* module = cudaModule();
    return module && module->ncclJoin;
}

CardGroup::CardGroup(const void* store, int rank, int size, c10::Device device)
    : group_(nullptr, [](void*) {})
{
    requireCuda();
    const CudaModule& module = *cudaModule();
    if (!module.ncclJoin) {
        check("This program was built without NCCL.");
    }
    void* group = nullptr;
    check(module.ncclJoin(store, rank, size, device.index() < 0 ? 0 : device.index(), &group));
    group_ = {group, module.ncclLeave};
}

void CardGroup::sum(at::Tensor& tensor)
{
    check(cudaModule()->ncclSum(group_.get(), &tensor));
}

void CardGroup::broadcast(at::Tensor& tensor)
{
    check(cudaModule()->ncclBroadcast(group_.get(), &tensor));
}

} // namespace reelmend::tensor
