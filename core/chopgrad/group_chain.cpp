#include "core/chopgrad/group_chain.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

#include "core/base/error.h"

namespace reelmend::chopgrad {

namespace {

void checkClip(const models::CausalDecoder& decoder, const ClipLatents& clip, std::size_t groups)
{
    const auto& traits = decoder.traits();
    if (!clip.latents.defined() || clip.latents.dim() != 5 || clip.latents.size(1) != traits.latentChannels) {
        throw base::Error(base::ErrorKind::kUsage, "The latents cannot be decoded.",
            "Their shape is not [batch, " + std::to_string(traits.latentChannels) + ", time, height, width].",
            "Use latents that this model's encoder made.");
    }
    if (!clip.skips.empty() && clip.skips.size() != groups) {
        throw base::Error(base::ErrorKind::kUsage, "The encoder's features do not fit the latents.",
            "There are features for " + std::to_string(clip.skips.size()) + " groups and latents for " +
                std::to_string(groups) + ".");
    }
}

models::Skips skipsOf(const std::vector<at::Tensor>& inputs)
{
    return {inputs.begin() + 1, inputs.end()};
}

std::vector<at::Tensor> withSkips(at::Tensor first, const ClipLatents& clip, std::int64_t group)
{
    std::vector<at::Tensor> inputs{std::move(first)};
    if (!clip.skips.empty()) {
        const auto& skips = clip.skips[static_cast<std::size_t>(group)];
        inputs.insert(inputs.end(), skips.begin(), skips.end());
    }
    return inputs;
}

} // namespace

std::vector<models::GroupSpan> groupsOf(const models::CausalDecoder& decoder, const ClipLatents& clip)
{
    const std::int64_t latents = clip.latents.defined() && clip.latents.dim() == 5 ? clip.latents.size(2) : 0;
    if (clip.entering.atStart) {
        return decoder.groups(latents);
    }
    const auto& traits = decoder.traits();
    if (latents == 0 || latents % traits.latentsPerGroup != 0) {
        throw base::Error(base::ErrorKind::kUsage, "The latents do not divide into groups.",
            "There are " + std::to_string(latents) + ", and in the middle of a shot a group has " +
                std::to_string(traits.latentsPerGroup) + ".",
            "Cut the clip to a multiple of " + std::to_string(traits.latentsPerGroup) + ".");
    }
    std::vector<models::GroupSpan> spans;
    for (std::int64_t group = 0; group < latents / traits.latentsPerGroup; ++group) {
        spans.push_back({{group * traits.latentsPerGroup, (group + 1) * traits.latentsPerGroup},
            {group * traits.framesPerGroup, (group + 1) * traits.framesPerGroup}});
    }
    return spans;
}

DecoderChain::DecoderChain(const models::CausalDecoder& decoder, const ClipLatents& clip)
    : decoder_(decoder)
    , clip_(clip)
    , spans_(groupsOf(decoder, clip))
{
    checkClip(decoder, clip, spans_.size());
}

std::vector<at::Tensor> DecoderChain::inputs(std::int64_t group) const
{
    const auto& span = spans_.at(static_cast<std::size_t>(group)).latents;
    return withSkips(clip_.latents.narrow(2, span.begin, span.size()), clip_, group);
}

ChainStep DecoderChain::run(std::int64_t, const std::vector<at::Tensor>& inputs, models::CausalCache cache) const
{
    auto step = decoder_.decode(inputs[0], skipsOf(inputs), std::move(cache));
    return {std::move(step.frames), std::move(step.cache)};
}

FramewiseChain::FramewiseChain(const models::CausalDecoder& decoder, const ClipLatents& clip)
    : decoder_(decoder)
    , clip_(clip)
{
    checkClip(decoder, clip, static_cast<std::size_t>(clip.latents.defined() ? clip.latents.size(2) : 0));
}

std::vector<at::Tensor> FramewiseChain::inputs(std::int64_t group) const
{
    return withSkips(clip_.latents.narrow(2, group, 1), clip_, group);
}

ChainStep FramewiseChain::run(std::int64_t, const std::vector<at::Tensor>& inputs, models::CausalCache) const
{
    return {decoder_.decode(inputs[0], skipsOf(inputs), {}).frames, {}};
}

GlobalChain::GlobalChain(const models::CausalDecoder& decoder, const ClipLatents& clip)
    : decoder_(decoder)
    , clip_(clip)
    , spans_(groupsOf(decoder, clip))
{
    checkClip(decoder, clip, spans_.size());
}

std::vector<at::Tensor> GlobalChain::inputs(std::int64_t group) const
{
    const auto& span = spans_.at(static_cast<std::size_t>(group)).latents;
    return {clip_.latents.narrow(2, span.begin, span.size())};
}

ChainStep GlobalChain::run(std::int64_t, const std::vector<at::Tensor>& inputs, models::CausalCache cache) const
{
    auto step = decoder_.decodeGlobal(inputs[0], std::move(cache));
    return {std::move(step.features), std::move(step.cache)};
}

std::vector<Tile> tilesOf(std::int64_t height, std::int64_t width, int rows, int columns, std::int64_t halo)
{
    if (rows > height || columns > width) {
        throw base::Error(base::ErrorKind::kUsage, "The picture cannot be divided into that many parts.",
            "Its latent has " + std::to_string(height) + " rows and " + std::to_string(width) + " columns.",
            "Choose at most " + std::to_string(height) + "x" + std::to_string(width) + " parts.");
    }
    std::vector<Tile> tiles;
    for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) {
            Tile tile;
            tile.core = {height * row / rows, width * column / columns, height * (row + 1) / rows,
                width * (column + 1) / columns};
            tile.whole = {std::max<std::int64_t>(0, tile.core.top - halo),
                std::max<std::int64_t>(0, tile.core.left - halo), std::min(height, tile.core.bottom + halo),
                std::min(width, tile.core.right + halo)};
            tiles.push_back(tile);
        }
    }
    return tiles;
}

at::Tensor cropped(const at::Tensor& tensor, const CellRect& rect, std::int64_t gridHeight)
{
    const std::int64_t scale = tensor.size(3) / gridHeight;
    return tensor.narrow(3, rect.top * scale, rect.height() * scale)
        .narrow(4, rect.left * scale, rect.width() * scale);
}

models::CausalCache cropped(const models::CausalCache& cache, const CellRect& rect, std::int64_t gridHeight)
{
    models::CausalCache part;
    part.atStart = cache.atStart;
    for (const auto& slot : cache.slots) {
        part.slots.push_back(slot.defined() ? cropped(slot, rect, gridHeight) : at::Tensor());
    }
    return part;
}

TileChain::TileChain(const models::CausalDecoder& decoder, const std::vector<at::Tensor>& features,
    const ClipLatents& clip, const Tile& tile)
    : decoder_(decoder)
    , features_(features)
    , clip_(clip)
    , tile_(tile)
{}

std::vector<at::Tensor> TileChain::inputs(std::int64_t group) const
{
    const at::Tensor& features = features_.at(static_cast<std::size_t>(group));
    std::vector<at::Tensor> inputs = withSkips(features, clip_, group);
    for (auto& input : inputs) {
        input = cropped(input, tile_.whole, features.size(3));
    }
    return inputs;
}

ChainStep TileChain::run(std::int64_t, const std::vector<at::Tensor>& inputs, models::CausalCache cache) const
{
    auto step = decoder_.decodeLocal(inputs[0], skipsOf(inputs), std::move(cache));
    return {std::move(step.frames), std::move(step.cache)};
}

} // namespace reelmend::chopgrad
