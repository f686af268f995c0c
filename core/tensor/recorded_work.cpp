#include "core/tensor/recorded_work.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <utility>

#include "core/base/error.h"
#include "core/tensor/cuda_module.h"

namespace reelmend::tensor {

namespace {

[[noreturn]] void refuse(const char* why)
{
    throw base::Error(base::ErrorKind::kUnavailable, "The work cannot be recorded on this CUDA device.", why,
        "Turn recording off.");
}

} // namespace

OwnStream::OwnStream(c10::Device device)
{
    if (device.is_cuda()) {
        const c10::impl::VirtualGuardImpl implementation(device.type());
        implementation.getStream(device).synchronize();
        stream_ = implementation.getStreamFromGlobalPool(device);
    }
}

c10::OptionalStreamGuard OwnStream::use() const
{
    return c10::OptionalStreamGuard(stream_);
}

RecordedWork::RecordedWork(c10::Device device, std::function<void()> work)
    : graph_(nullptr, [](void*) {})
{
    if (!device.is_cuda()) {
        work_ = std::move(work);
        return;
    }
    requireCuda();
    const CudaModule& module = *cudaModule();
    void* graph = nullptr;
    if (const char* why = module.graphBegin(device.index() < 0 ? 0 : device.index(), &graph)) {
        refuse(why);
    }
    graph_ = {graph, module.graphFree};
    try {
        work();
    } catch (...) {
        module.graphEnd(graph); // leaves the stream usable; what it says of the broken recording does not matter
        throw;
    }
    if (const char* why = module.graphEnd(graph)) {
        refuse(why);
    }
}

void RecordedWork::repeat()
{
    if (!graph_) {
        work_();
    } else if (const char* why = cudaModule()->graphLaunch(graph_.get())) {
        refuse(why);
    }
}

} // namespace reelmend::tensor
