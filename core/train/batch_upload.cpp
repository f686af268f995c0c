#include "core/train/batch_upload.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace reelmend::train {

BatchUpload::BatchUpload(c10::Device device)
    : device_(device)
    , stream_(device)
{}

Batch BatchUpload::there(const Batch& batch) const
{
    if (device_.is_cpu()) {
        return batch;
    }
    const Batch waiting = batch.pinned(device_);
    const auto onStream = stream_.use();
    Batch copy = waiting.to(device_);
    c10::impl::VirtualGuardImpl(device_.type()).getStream(device_).synchronize();
    return copy;
}

void BatchUpload::hand(const Batch& batch) const
{
    if (device_.is_cpu()) {
        return;
    }
    const c10::Stream here = c10::impl::VirtualGuardImpl(device_.type()).getStream(device_);
    for (const at::Tensor& tensor : {batch.input, batch.target, batch.weight}) {
        tensor.record_stream(here);
    }
}

} // namespace reelmend::train
