#include "tests/support/random_decoder.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

namespace reelmend::test {

namespace {

constexpr std::size_t kSlots = 5; // stem, conv1, time, conv2, out
constexpr std::size_t kGlobalSlots = 1;

struct Convolved {
    at::Tensor output, tail;
};

// Causal convolution with a past of two frames: keeps the last two of what it has seen, older ones passed through.
Convolved causal(const at::Tensor& x, const at::Tensor& past, const at::Tensor& weight)
{
    const at::Tensor history =
        past.defined() ? past : at::zeros({x.size(0), x.size(1), 2, x.size(3), x.size(4)}, x.options());
    const at::Tensor joined = at::cat({history, x}, 2);
    const std::int64_t rows = weight.size(3) / 2, columns = weight.size(4) / 2;
    return {at::conv3d(joined, weight, {}, at::IntArrayRef{1, 1, 1}, at::IntArrayRef{0, rows, columns}),
        joined.narrow(2, joined.size(2) - 2, 2).clone()};
}

at::Tensor interleaved(const at::Tensor& x)
{
    const std::int64_t channels = x.size(1) / 2;
    return at::stack({x.narrow(1, 0, channels), x.narrow(1, channels, channels)}, 3)
        .reshape({x.size(0), channels, 2 * x.size(2), x.size(3), x.size(4)});
}

models::CausalCache slotsFor(const models::CausalCache& cache, std::size_t count)
{
    models::CausalCache result = cache;
    result.slots.resize(count);
    return result;
}

} // namespace

at::Tensor randomTensor(at::IntArrayRef sizes, std::uint64_t seed, at::ScalarType dtype)
{
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    return at::empty(sizes, at::kDouble).normal_(0, 1, generator).to(dtype);
}

RandomDecoder::RandomDecoder(const RandomDecoderConfig& config)
    : config_(config)
{
    traits_.family = "random";
    traits_.latentChannels = config.latentChannels;
    traits_.spatialStride = 2;
    traits_.sizeMultiple = 2;
    traits_.framesPerGroup = 2;
    traits_.skipLevels = config.skipChannels > 0 ? 2 : 0;
    std::uint64_t seed = config.seed * 1000;
    visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef shape) {
        double fanIn = 1;
        for (std::size_t axis = 1; axis < shape.size(); ++axis) {
            fanIn *= static_cast<double>(shape[axis]);
        }
        tensor = (randomTensor(shape, ++seed) * (1.2 / std::sqrt(fanIn))).to(config.dtype);
    });
}

std::vector<models::CacheSlot> RandomDecoder::cacheSlots() const
{
    return {{"stem", config_.latentChannels, 2, 1, true}, {"conv1", config_.channels, 2, 1, false},
        {"time_conv", config_.channels, 2, 1, false}, {"conv2", config_.channels, 2, 2, false},
        {"out", config_.channels, 2, 2, false}};
}

std::vector<models::GroupSpan> RandomDecoder::groups(std::int64_t latentFrames) const
{
    std::vector<models::GroupSpan> spans;
    std::int64_t frame = 0;
    for (std::int64_t i = 0; i < latentFrames; ++i) {
        const std::int64_t frames = i == 0 ? 1 : 2;
        spans.push_back({{i, i + 1}, {frame, frame + frames}});
        frame += frames;
    }
    return spans;
}

models::CausalDecoder::GlobalStep RandomDecoder::decodeGlobal(
    const at::Tensor& latents, models::DecoderCache cache) const
{
    models::CausalCache slots = slotsFor(cache, kSlots);
    const auto stem = causal(latents, slots.slots[0], stem_);
    models::CausalCache next;
    next.atStart = false;
    next.slots.resize(kSlots);
    next.slots[0] = stem.tail;
    at::Tensor x = at::tanh(stem.output);
    if (config_.seesWholePicture) {
        x = x + 0.3 * x.mean({3, 4}, true);
    }
    return {x, next};
}

models::DecodeStep RandomDecoder::decodeLocal(
    const at::Tensor& features, const models::Skips& skips, models::DecoderCache cache) const
{
    models::CausalCache slots = slotsFor(cache, kSlots), next;
    next.atStart = false;
    next.slots.resize(kSlots);
    at::Tensor x = features;
    if (!skips.empty()) {
        x = x + at::conv3d(skips[1], skipCoarse_);
    }
    const auto first = causal(x, slots.slots[1], conv1_);
    next.slots[1] = first.tail;
    x = at::tanh(first.output) + x;
    if (!cache.atStart) {
        const auto time = causal(x, slots.slots[2], timeConv_);
        next.slots[2] = time.tail;
        x = interleaved(time.output);
    }
    const at::Tensor flat = x.transpose(1, 2).flatten(0, 1); // [b t, c, h, w]
    const at::Tensor large = at::conv2d(at::repeat_interleave(at::repeat_interleave(flat, 2, 2), 2, 3), spaceConv_,
        {}, at::IntArrayRef{1, 1}, at::IntArrayRef{1, 1});
    x = at::tanh(large.view({x.size(0), x.size(2), x.size(1), 2 * x.size(3), 2 * x.size(4)}).transpose(1, 2));
    if (!skips.empty()) {
        x = x + at::conv3d(skips[0], skipFine_);
    }
    const auto second = causal(x, slots.slots[3], conv2_);
    next.slots[3] = second.tail;
    x = at::tanh(second.output) + x;
    const auto out = causal(x, slots.slots[4], out_);
    next.slots[4] = out.tail;
    return {out.output, next};
}

models::DecodeStep RandomDecoder::decode(
    const at::Tensor& latents, const models::Skips& skips, models::DecoderCache cache) const
{
    const auto whole = decodeGlobal(latents, cache);
    auto step = decodeLocal(whole.features, skips, std::move(cache));
    for (std::size_t slot = 0; slot < kGlobalSlots; ++slot) {
        step.cache.slots[slot] = whole.cache.slots[slot];
    }
    return step;
}

void RandomDecoder::visit(const models::ParameterVisitor& visitor)
{
    const std::int64_t c = config_.channels, s = config_.skipChannels;
    using Shape = std::vector<std::int64_t>;
    visitor("stem.weight", stem_, Shape{c, config_.latentChannels, 3, 3, 3});
    visitor("conv1.weight", conv1_, Shape{c, c, 3, 3, 3});
    visitor("time_conv.weight", timeConv_, Shape{2 * c, c, 3, 1, 1});
    visitor("space_conv.weight", spaceConv_, Shape{c, c, 3, 3});
    visitor("conv2.weight", conv2_, Shape{c, c, 3, 3, 3});
    visitor("out.weight", out_, Shape{3, c, 3, 3, 3});
    if (s > 0) {
        visitor("skip_fine.weight", skipFine_, Shape{c, s, 1, 1, 1});
        visitor("skip_coarse.weight", skipCoarse_, Shape{c, s, 1, 1, 1});
    }
}

std::unique_ptr<RandomDecoder> RandomDecoder::clone() const
{
    auto copy = std::make_unique<RandomDecoder>(*this);
    copy->visit([](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        const bool trained = tensor.requires_grad();
        tensor = tensor.detach().clone().requires_grad_(trained);
    });
    return copy;
}

models::Skips RandomDecoder::randomSkips(
    std::int64_t group, std::int64_t height, std::int64_t width, std::uint64_t seed) const
{
    const std::int64_t s = config_.skipChannels, frames = group == 0 ? 1 : 2;
    const std::uint64_t base = seed + static_cast<std::uint64_t>(group) * 17;
    return {randomTensor({1, s, frames, 2 * height, 2 * width}, base, config_.dtype),
        randomTensor({1, s, 1, height, width}, base + 7, config_.dtype)};
}

DecayingDecoder::DecayingDecoder(double decay, int channels)
    : decay_(decay)
{
    traits_.family = "decaying";
    traits_.latentChannels = channels;
    traits_.spatialStride = 1;
    traits_.sizeMultiple = 1;
    traits_.framesPerGroup = 1;
}

std::vector<models::CacheSlot> DecayingDecoder::cacheSlots() const
{
    return {{"state", traits_.latentChannels, 1, 1, false}};
}

std::vector<models::GroupSpan> DecayingDecoder::groups(std::int64_t latentFrames) const
{
    std::vector<models::GroupSpan> spans;
    for (std::int64_t i = 0; i < latentFrames; ++i) {
        spans.push_back({{i, i + 1}, {i, i + 1}});
    }
    return spans;
}

models::DecodeStep DecayingDecoder::decode(
    const at::Tensor& latents, const models::Skips& skips, models::DecoderCache cache) const
{
    return decodeLocal(decodeGlobal(latents, cache).features, skips, cache);
}

models::CausalDecoder::GlobalStep DecayingDecoder::decodeGlobal(const at::Tensor& latents, models::DecoderCache) const
{
    models::CausalCache cache = models::midShotCache();
    cache.slots.resize(1);
    return {latents, cache};
}

models::DecodeStep DecayingDecoder::decodeLocal(
    const at::Tensor& features, const models::Skips&, models::DecoderCache cache) const
{
    const bool hasPast = !cache.slots.empty() && cache.slots[0].defined();
    const at::Tensor y = hasPast ? features + decay_ * cache.slots[0] : features.clone();
    models::CausalCache next = models::midShotCache();
    next.slots = {y};
    return {y.clone(), next};
}

} // namespace reelmend::test
