#pragma once
#include "core/tensor/recorded_work.h"
#include "core/train/batch.h"

namespace reelmend::train {

// Brings batches to a device from the thread that makes them, through pinned host memory and on a stream of its own:
// the step that computes meanwhile neither copies nor waits. On the CPU batches stay where they are.
class BatchUpload {
public:
    explicit BatchUpload(c10::Device device);

    // Any thread; ends when the batch is there.
    Batch there(const Batch& batch) const;
    // Before a batch from there() is first used: its memory is not given on before what the calling thread's stream
    // begins with it has ended.
    void hand(const Batch& batch) const;

private:
    c10::Device device_;
    tensor::OwnStream stream_;
};

} // namespace reelmend::train
