#pragma once
#include <map>
#include <optional>
#include <string>

#include "core/models/lite_weights.h"
#include "core/models/lora.h"
#include "core/train/student.h"

namespace reelmend::train {

struct LiteStudentSettings {
    LossWeights losses;
    plan::GradientSchedule gradient{.mode = plan::GradientMode::kFull};
    std::optional<models::LoraSettings> adapter; // none = all weights are trained
    bool bfloat16 = true;                        // activations; trained tensors are float32
    bool recompute = false; // mode full: a group's activations are made again in the backward pass
    std::uint64_t seed = 1; // of a fresh adapter
    c10::Device device = c10::Device(c10::kCPU);
};

// The bundled network as what a Teacher teaches: all of its weights, or an adapter over frozen ones.
class LiteStudent final : public Student {
public:
    // `lpips` may be null, and is on the settings' device. Throws base::Error(kUsage) when no layer has a chosen
    // name.
    LiteStudent(models::LiteWeights base, LiteStudentSettings settings, const perceptual::Lpips* lpips);

    c10::Device device() const override { return settings_.device; }
    void visitTrained(const models::ParameterVisitor& visitor) override;
    void backward(
        const Batch& batch, std::uint64_t key, double share, TeachingStep& record, PhaseClock& clock) override;
    std::optional<int> distance(
        const Batch& batch, std::uint64_t key, const plan::DistanceSchedule& schedule) override;
    at::Tensor frames(const Values& values, const Batch& batch) override;

    // The whole network, and the adapter alone, with these values in the trained tensors' places.
    models::LiteWeights weights(const Values& values) const;
    std::optional<models::Lora> adapter(const Values& values) const;

private:
    models::LiteWeights taught() const; // the base, with the adapter over it where there is one
    at::Tensor lossOf(const models::LiteWeights& master, const Batch& batch, std::uint64_t key, TeachingStep& record);

    mutable models::LiteWeights base_; // visiting takes it by reference
    LiteStudentSettings settings_;
    const perceptual::Lpips* lpips_;
    mutable std::optional<models::Lora> lora_;
};

// What the network makes of a batch: [clips, frames, 3, height, width], group by group. `folded`: for the batch's
// condition and dial. With `recompute` only the caches between groups and the frames are kept for the backward.
enum class Activations { kKept, kRecomputed };
at::Tensor liteFrames(const models::LiteWeights& folded, const Batch& batch, Activations activations);

// Peak of the tensors that a pass over `clips` crops of `frames` frames and `size` pixels makes, gradients included:
// measured on noise. Leaves no gradient behind.
std::int64_t measuredPassBytes(LiteStudent& student, const BatchSettings& settings);

} // namespace reelmend::train
