#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "core/base/control.h"
#include "core/chopgrad/training_step.h"
#include "core/diffusion/one_step.h"
#include "core/models/causal_codec.h"
#include "core/models/denoiser.h"
#include "core/models/lora.h"
#include "core/tensor/repeating.h"
#include "core/train/batch_loss.h"
#include "core/train/student.h"
#include "core/train/weight_shelf.h"

namespace reelmend::train {

// A published model used in one step: what its recipe does in `enhance`, for training. See enhance::OneStepEnhancer
// and enhance::DoveEnhancer.
struct LatentModel {
    models::CodecTraits codec;
    std::unique_ptr<models::CausalEncoder> encoder;
    std::unique_ptr<models::Denoiser> denoiser;
    std::unique_ptr<models::CausalDecoder> decoder;
    at::Tensor text;         // [1, tokens, channels]
    diffusion::OneStep step; // from the degraded clip's latents to clean ones
    bool greyHoles = false;  // the masked part is mid-grey before it is encoded: holes to fill
    at::ScalarType denoiserType = at::kFloat, decoderType = at::kFloat, encoderType = at::kFloat;
    c10::Device device = c10::Device(c10::kCPU); // where it is to work; the weights may lie elsewhere
};

struct LatentStudentSettings {
    LossWeights losses;
    plan::GradientSchedule gradient;
    models::LoraSettings adapter;                       // of the denoiser
    std::optional<models::LoraSettings> decoderAdapter; // none = the decoder stays as it is
    bool recompute = false;                             // the denoiser's activations, in the backward
    bool offload = false;                               // weights of idle networks wait in host memory
    std::uint64_t seed = 1;                             // of fresh adapters
    const base::Control* control = nullptr;             // asked within a step, which may take minutes; may be null
};

// Adapters over a published model, taught with pixel losses through its decoder in the three phases of
// chopgrad::runTrainingStep(). In mode latent-only the clean latents are compared with those of the clean clip. The
// base weights are never written to. backward() throws base::Cancelled in the middle of a step where the settings'
// control says so, and has then added nothing to anybody's gradient.
class LatentStudent final : public Student {
public:
    // `lpips` may be null, and is on the model's device. Throws base::Error(kUsage) when no layer has a chosen name.
    LatentStudent(LatentModel model, LatentStudentSettings settings, const perceptual::Lpips* lpips);

    c10::Device device() const override { return model_.device; }
    void visitTrained(const models::ParameterVisitor& visitor) override;
    void backward(
        const Batch& batch, std::uint64_t key, double share, TeachingStep& record, PhaseClock& clock) override;
    std::optional<int> distance(
        const Batch& batch, std::uint64_t key, const plan::DistanceSchedule& schedule) override;
    at::Tensor frames(const Values& values, const Batch& batch) override;

    // With these values, for a file.
    models::Lora denoiserAdapter(const Values& values) const;
    std::optional<models::Lora> decoderAdapter(const Values& values) const;

private:
    struct Given; // what the denoiser gets for a batch
    class Stage;  // whose weights are on the device

    Given givenFor(const Batch& batch, const plan::GradientSchedule& schedule) const;
    at::Tensor encoded(const at::Tensor& video) const;
    at::Tensor clean(const Given& given) const; // under the gradient mode that is set
    chopgrad::TrainingStep step(
        const Given& given, const BatchLoss& loss, const chopgrad::TrainingStepOptions& options);
    chopgrad::TrainingStep repeatableStep(const Batch& batch, const Given& given, std::uint64_t key, Stage& stage,
        TeachingStep& record, PhaseClock& clock);

    LatentModel model_;
    std::optional<WeightShelf> encoderShelf_, denoiserShelf_, decoderShelf_; // of the model's networks
    LatentStudentSettings settings_;
    const perceptual::Lpips* lpips_;
    models::Lora denoiserLora_;
    std::optional<models::Lora> decoderLora_;
    tensor::Repeating repeating_ = tensor::Repeating::kAlways; // as far as the device's kernels let it
};

} // namespace reelmend::train
