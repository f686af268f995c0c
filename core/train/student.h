#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/models/parameters.h"
#include "core/train/teacher.h"

namespace reelmend::train {

// A model as what a Teacher teaches: some trained tensors, and how a batch's loss reaches them.
class Student {
public:
    using Values = std::map<std::string, at::Tensor>; // of the trained tensors, by name

    virtual ~Student() = default;

    // Of the networks and the trained tensors.
    virtual c10::Device device() const = 0;
    virtual void visitTrained(const models::ParameterVisitor& visitor) = 0;
    // Teacher::Backward.
    virtual void backward(
        const Batch& batch, std::uint64_t key, double share, TeachingStep& record, PhaseClock& clock) = 0;
    // Teacher::Probe: what the decay of influence, measured on this batch, asks of a schedule.
    virtual std::optional<int> distance(
        const Batch& batch, std::uint64_t key, const plan::DistanceSchedule& schedule) = 0;
    // What the model makes of a batch, wherever that lies, with these values in the trained tensors' places, at its
    // most faithful: [clips, frames, 3, height, width], without gradient, on the CPU.
    virtual at::Tensor frames(const Values& values, const Batch& batch) = 0;
};

} // namespace reelmend::train
