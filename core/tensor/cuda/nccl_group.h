#pragma once

// Processes with a card each, over c10d's NCCL. Only where the build found NCCL's header. See kernel_table.h; every
// function returns null or the text of what went wrong.
namespace reelmend::tensor::cuda {

const char* ncclJoin(const void* store, int rank, int size, int device, void** group);
const char* ncclSum(void* group, void* tensor);
const char* ncclBroadcast(void* group, void* tensor);
void ncclLeave(void* group);

} // namespace reelmend::tensor::cuda
