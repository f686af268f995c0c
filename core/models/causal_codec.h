#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/models/parameters.h"
#include "core/plan/model_footprint.h"

// Causal latent video autoencoders, as pure functions over explicit caches. Frame tensors are
// [batch, 3, time, height, width] in [-1, 1]; latents are [batch, channels, time, height / stride, width / stride] in
// the network's own space (no mean/std, no scaling factor).
namespace reelmend::models {

// What one group hands to the next: everything of the past that a causal network still needs, as a value. Nothing in
// it is ever written in place. To cut the gradient at a hand-off, hand on detached(); to collect it, asLeaves().
struct CausalCache {
    bool atStart = true;           // the next group is the first of its shot (some networks treat it differently)
    std::vector<at::Tensor> slots; // an undefined tensor, or none at all, stands for zeros
};
using DecoderCache = CausalCache;
using EncoderCache = CausalCache;

// A cache with which a step may begin in the middle of a shot, `reach` groups early: nothing remembered, and the
// first group treated as a steady one.
CausalCache midShotCache();
CausalCache detached(const CausalCache& cache);
// Detached and requiring gradient, slot by slot: the inputs of a vector-Jacobian product across this hand-off.
CausalCache asLeaves(const CausalCache& cache);
std::vector<at::Tensor> definedSlots(const CausalCache& cache); // in slot order
std::int64_t cacheBytes(const CausalCache& cache);
CausalCache movedTo(const CausalCache& cache, const at::TensorOptions& options); // device and dtype

// One cached tensor: the last `frames` input frames of one causal convolution.
struct CacheSlot {
    std::string module; // parameter prefix of the convolution whose past it is, e.g. "decoder.conv_in"
    int channels = 0;
    int frames = 2;
    int cellScale = 1;   // height and width are those of the latent grid times this
    bool global = false; // belongs to the part that sees the whole picture (see decodeGlobal)
};

// How latents and frames fall into the groups of one shot. Both ranges are relative to the shot.
struct GroupSpan {
    base::FrameRange latents;
    base::FrameRange frames;
};

inline constexpr int kUnlimitedReach = -1;

struct CodecTraits {
    std::string family; // "wan2.1", "lite"
    int latentChannels = 16;
    int frameChannels = 3;
    int spatialStride = 8;   // frame pixels per latent cell along one axis
    int sizeMultiple = 8;    // frame height and width must be multiples of this
    int framesPerGroup = 4;  // of a steady group
    int latentsPerGroup = 1; // of a steady group
    int reach = kUnlimitedReach;
    int skipLevels = 0;    // tensors in Skips; 0 for networks without encoder skips
    bool posterior = true; // the encoder's output stacks mean and log-variance along channels
    // Of the latent distribution, per channel; empty = no normalisation known. normalised = (z - mean) / std.
    std::vector<double> latentMean, latentStd;
};

// Encoder features of a group that the decoder takes beside the latent, one per level, finest first:
// [batch, channels, frames at that level, height, width]. Empty for plain Wan or CogVideoX.
using Skips = std::vector<at::Tensor>;

// Which operators a step is built of: our own that keep less for the backward, or LibTorch's, the yardstick.
enum class OperatorSet { kLean, kStock };

struct DecodeStep {
    at::Tensor frames; // not clamped
    DecoderCache cache;
};

struct EncodeStep {
    at::Tensor latents; // [batch, latentChannels or twice that with a posterior, time, height, width]
    Skips skips;
    EncoderCache cache;
};

// Latents to frames. Every function is const and pure: same arguments, same values, from any thread; the graph that
// autograd builds for one call reaches outside it only through the arguments.
class CausalDecoder {
public:
    virtual ~CausalDecoder() = default;

    virtual const CodecTraits& traits() const = 0;
    virtual std::vector<CacheSlot> cacheSlots() const = 0; // in slot order
    // The groups of a shot of `latentFrames` latents. Throws base::Error(kUsage) for a count that cannot be decoded.
    virtual std::vector<GroupSpan> groups(std::int64_t latentFrames) const = 0;

    // One step: `latents` holds one group, or several consecutive ones (same values as one by one). The cache is
    // taken by value so that a caller who moves it in lets the slots die as soon as they are used.
    virtual DecodeStep decode(const at::Tensor& latents, const Skips& skips, DecoderCache cache) const = 0;

    // The same step in two parts, for spatial tiles: decode(z, s, c) = decodeLocal(decodeGlobal(z, c), s, c). The
    // global part (attention over the whole picture) runs at latent resolution; the local part may be run on any
    // rectangle of its features with at least localHalo() cells of context, and is then exact inside. Both use only
    // their own slots of the cache and leave the others undefined in what they return.
    struct GlobalStep {
        at::Tensor features; // [batch, channels, time, latent height, latent width]
        DecoderCache cache;
    };
    virtual GlobalStep decodeGlobal(const at::Tensor& latents, DecoderCache cache) const = 0;
    virtual DecodeStep decodeLocal(const at::Tensor& features, const Skips& skips, DecoderCache cache) const = 0;
    virtual int localHalo() const = 0; // latent cells

    virtual void visit(const ParameterVisitor& visitor) = 0;
    virtual OperatorSet operators() const = 0;
    virtual void setOperators(OperatorSet set) = 0;
};

// Frames to latents; the rules of CausalDecoder apply.
class CausalEncoder {
public:
    virtual ~CausalEncoder() = default;

    virtual const CodecTraits& traits() const = 0;
    virtual std::vector<CacheSlot> cacheSlots() const = 0;
    // The groups of a shot of `frames` frames. Throws base::Error(kUsage) that names the allowed counts.
    virtual std::vector<GroupSpan> groups(std::int64_t frames) const = 0;

    virtual EncodeStep encode(const at::Tensor& frames, EncoderCache cache) const = 0;

    // For tiles: the local part (with localHalo() latent cells of context) comes first here.
    struct LocalStep {
        at::Tensor features; // [batch, channels, time, latent height, latent width]
        Skips skips;
        EncoderCache cache;
    };
    virtual LocalStep encodeLocal(const at::Tensor& frames, EncoderCache cache) const = 0;
    virtual EncodeStep encodeGlobal(const LocalStep& local, EncoderCache cache) const = 0;
    virtual int localHalo() const = 0;

    virtual void visit(const ParameterVisitor& visitor) = 0;
    virtual OperatorSet operators() const = 0;
    virtual void setOperators(OperatorSet set) = 0;
};

// The mean of the posterior: `latents` itself where the network has none. [batch, latentChannels, time, h, w]
at::Tensor posteriorMean(const CodecTraits& traits, const at::Tensor& latents);
// (z - mean) / std and back, with the statistics of the traits; throws base::Error(kUsage) where there are none.
at::Tensor normalised(const CodecTraits& traits, const at::Tensor& latents);
at::Tensor denormalised(const CodecTraits& traits, const at::Tensor& latents);

} // namespace reelmend::models
