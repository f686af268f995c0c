#pragma once
#include <ATen/core/Tensor.h>

#include <string>

#include "core/base/control.h"
#include "core/models/causal_codec.h"
#include "core/models/parameters.h"
#include "core/plan/model_footprint.h"

namespace reelmend::models {

// What the network's output means, with x_t the input and eps noise (reference: DOVE eq. for v, rectified flow).
enum class Prediction {
    kSample,   // x0 itself
    kEpsilon,  // eps
    kVelocity, // v = sqrt(abar) eps - sqrt(1 - abar) x0
    kFlow,     // v = eps - x0, x_t = (1 - sigma) x0 + sigma eps
    kResidual, // v = degraded latent - clean latent (ChopGrad's Wan tasks)
};

struct DenoiserTraits {
    std::string family;
    int latentChannels = 16;
    int inputChannels = 16; // latent and what is concatenated to it
    Prediction prediction = Prediction::kFlow;
    double fixedTimestep = -1;            // of a one-step model; -1 = any
    int reach = kUnlimitedReach;          // earlier groups that can influence a group
    int cellMultiple = 1;                 // latent height and width are padded to multiples of this inside
    int textChannels = 0, textTokens = 0; // 0 = takes no text
    int taskCount = 0;                    // 0 = takes no task
    int contextChannels = 0;              // of Conditioning::context; 0 = takes none
    bool framesFirst = false;             // the public implementation takes [batch, time, channels, height, width]
    int contextScales = 0;                // how many places it comes in, each with a scale of its own
};

// Everything beside the latent. What a model does not take is left undefined or at its default.
struct Conditioning {
    at::Tensor timestep;                    // [batch], float
    at::Tensor text;                        // [batch, tokens, channels]
    at::Tensor context;                     // [batch, channels, time, height, width]: masked latents, masks
    at::Tensor contextScale;                // [contextScales], or one number for all of them; undefined = 1
    at::Tensor offset;                      // [batch] or one number: `ofs` of CogVideoX 1.5 image-to-video
    int task = -1;                          // index into the model's list of tasks
    const base::Control* control = nullptr; // asked between blocks
    double detail = 0;                      // u in [0, 1]: fidelity to perception
};

// What autograd keeps of a block: all it needs, or its input alone, so that the backward computes the block again.
enum class Activations { kKept, kRecomputed };

struct DenoiseStep {
    at::Tensor prediction; // [batch, latentChannels, time, height, width]
    CausalCache cache;     // empty for models that see a clip at once
};

// One evaluation of a latent denoiser. Const and pure, as CausalDecoder.
class Denoiser {
public:
    virtual ~Denoiser() = default;

    virtual const DenoiserTraits& traits() const = 0;
    // `latents`: [batch, inputChannels, time, height, width]; models with finite reach take one or more whole groups
    // and go on from `cache`, the others take the clip (or window) and an empty cache.
    virtual DenoiseStep predict(
        const at::Tensor& latents, const Conditioning& given, CausalCache cache = {}) const = 0;
    virtual void visit(const ParameterVisitor& visitor) = 0;
    virtual plan::DenoiserFootprint footprint() const = 0;
    // Networks that are cheap to keep do not look at it.
    virtual void setActivations(Activations) {}
};

} // namespace reelmend::models
