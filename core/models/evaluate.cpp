#include "core/models/evaluate.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <charconv>

#include "core/base/error.h"

namespace reelmend::models {

namespace {

// Along one axis: the cells that a tile keeps and the larger range that it computes.
struct Span {
    std::int64_t keepBegin, keepEnd, begin, end;
};

std::vector<Span> spans(std::int64_t size, int tile, int halo)
{
    std::vector<Span> result;
    for (std::int64_t i = 0; i < size; i += tile) {
        const std::int64_t end = std::min<std::int64_t>(size, i + tile);
        result.push_back({i, end, std::max<std::int64_t>(0, i - halo), std::min<std::int64_t>(size, end + halo)});
    }
    return result;
}

struct Tile {
    Span row, column;
};

std::vector<Tile> tilesOf(const TilePlan& plan, int exactHalo, std::int64_t height, std::int64_t width)
{
    if (plan.width < 1 || plan.height < 1) {
        throw base::Error(base::ErrorKind::kUsage, "The tile size is not usable.", "A tile has at least one cell.");
    }
    if (plan.halo < 0 && exactHalo < 0) {
        throw base::Error(base::ErrorKind::kUsage, "This model cannot be run in exact tiles.",
            "Every pixel of its result depends on the whole picture.", "Give a halo (WxH+halo), or no tile.");
    }
    const int halo = plan.halo < 0 ? exactHalo : plan.halo;
    std::vector<Tile> tiles;
    for (const Span& row : spans(height, plan.height, halo)) {
        for (const Span& column : spans(width, plan.width, halo)) {
            tiles.push_back({row, column});
        }
    }
    return tiles;
}

// The part of `x` that the tile computes, where one cell is `scale` positions of x.
at::Tensor windowOf(const at::Tensor& x, const Tile& tile, std::int64_t scale)
{
    return x.narrow(3, tile.row.begin * scale, (tile.row.end - tile.row.begin) * scale)
        .narrow(4, tile.column.begin * scale, (tile.column.end - tile.column.begin) * scale);
}

// What the tile keeps of what it computed, put into the whole.
void putKept(const at::Tensor& whole, const at::Tensor& computed, const Tile& tile, std::int64_t scale)
{
    const std::int64_t height = (tile.row.keepEnd - tile.row.keepBegin) * scale;
    const std::int64_t width = (tile.column.keepEnd - tile.column.keepBegin) * scale;
    whole.narrow(3, tile.row.keepBegin * scale, height)
        .narrow(4, tile.column.keepBegin * scale, width)
        .copy_(computed.narrow(3, (tile.row.keepBegin - tile.row.begin) * scale, height)
                   .narrow(4, (tile.column.keepBegin - tile.column.begin) * scale, width));
}

at::Tensor emptyLike(const at::Tensor& part, std::int64_t height, std::int64_t width)
{
    return at::empty({part.size(0), part.size(1), part.size(2), height, width}, part.options());
}

// The steps as ranges over `total` units: whole groups, in order.
std::vector<base::FrameRange> stepsOf(const EvaluationPlan& plan, const std::vector<base::FrameRange>& groups)
{
    const std::int64_t total = groups.back().end;
    if (plan.whole) {
        return {{0, total}};
    }
    if (plan.steps.empty()) {
        return groups;
    }
    std::vector<base::FrameRange> steps;
    std::size_t next = 0;
    for (std::int64_t begin = 0; begin < total; ++next) {
        const std::int64_t asked = plan.steps[std::min(next, plan.steps.size() - 1)];
        const std::int64_t end = std::min(total, begin + asked);
        const bool onBorder = std::any_of(groups.begin(), groups.end(), [&](auto g) { return g.end == end; });
        if (asked < 1 || !onBorder) {
            throw base::Error(base::ErrorKind::kUsage, "The clip cannot be cut into these chunks.",
                "The chunk that begins at " + std::to_string(begin) + " would end at " + std::to_string(end) +
                    ", inside a group that the model makes at once.",
                "The first group holds " + std::to_string(groups.front().size()) + ", later ones " +
                    std::to_string(groups.back().size()) + ".");
        }
        steps.push_back({begin, end});
        begin = end;
    }
    return steps;
}

// The skips of all groups in [begin, end) of a step, joined along time.
Skips joinedSkips(const std::vector<Skips>& skips, std::size_t begin, std::size_t end)
{
    if (skips.empty() || begin == end) {
        return {};
    }
    Skips joined;
    for (std::size_t level = 0; level < skips[begin].size(); ++level) {
        std::vector<at::Tensor> parts;
        for (std::size_t g = begin; g < end; ++g) {
            parts.push_back(skips[g][level]);
        }
        joined.push_back(parts.size() == 1 ? parts[0] : at::cat(parts, 2));
    }
    return joined;
}

int readNumber(std::string_view text, std::string_view whole)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > 1'000'000) {
        throw base::Error(base::ErrorKind::kUsage, "The tile \"" + std::string(whole) + "\" cannot be understood.",
            "A tile is written as width x height in latent cells, for example 64x64 or 64x64+13.");
    }
    return value;
}

} // namespace

TilePlan parseTile(std::string_view text)
{
    const auto x = text.find('x'), plus = text.find('+');
    TilePlan tile;
    tile.width = readNumber(text.substr(0, x == text.npos ? 0 : x), text);
    tile.height = readNumber(text.substr(x + 1, plus == text.npos ? text.npos : plus - x - 1), text);
    if (plus != text.npos) {
        tile.halo = readNumber(text.substr(plus + 1), text);
    }
    return tile;
}

void decodeClip(const CausalDecoder& decoder, const at::Tensor& latents, const std::vector<Skips>& skips,
    const EvaluationPlan& plan, const base::Control& control, const TensorSink& frames)
{
    c10::AutoGradMode noGradient(false);
    const auto groups = decoder.groups(latents.size(2));
    std::vector<base::FrameRange> ranges;
    for (const auto& group : groups) {
        ranges.push_back(group.latents);
    }
    std::vector<Tile> tiles;
    if (plan.tile) {
        tiles = tilesOf(*plan.tile, decoder.localHalo(), latents.size(3), latents.size(4));
    }
    const int stride = decoder.traits().spatialStride;
    DecoderCache cache;
    std::vector<DecoderCache> tileCaches(tiles.size());
    std::size_t group = 0;
    for (const auto step : stepsOf(plan, ranges)) {
        control.checkpoint();
        const std::size_t first = group;
        while (group < groups.size() && groups[group].latents.begin < step.end) {
            ++group;
        }
        const Skips present = joinedSkips(skips, first, group);
        const at::Tensor part = latents.narrow(2, step.begin, step.size());
        if (tiles.empty()) {
            DecodeStep done = decoder.decode(part, present, std::move(cache));
            cache = std::move(done.cache);
            frames(done.frames);
            continue;
        }
        auto whole = decoder.decodeGlobal(part, std::move(cache));
        cache = std::move(whole.cache);
        at::Tensor picture;
        for (std::size_t i = 0; i < tiles.size(); ++i) {
            control.checkpoint();
            Skips local;
            for (const auto& skip : present) {
                local.push_back(windowOf(skip, tiles[i], skip.size(3) / latents.size(3)));
            }
            DecodeStep done =
                decoder.decodeLocal(windowOf(whole.features, tiles[i], 1), local, std::move(tileCaches[i]));
            tileCaches[i] = std::move(done.cache);
            if (!picture.defined()) {
                picture = emptyLike(done.frames, latents.size(3) * stride, latents.size(4) * stride);
            }
            putKept(picture, done.frames, tiles[i], stride);
        }
        frames(picture);
    }
}

void encodeClip(const CausalEncoder& encoder, const at::Tensor& frames, const EvaluationPlan& plan,
    const base::Control& control, const EncodedSink& latents)
{
    c10::AutoGradMode noGradient(false);
    const auto groups = encoder.groups(frames.size(2));
    std::vector<base::FrameRange> ranges;
    for (const auto& group : groups) {
        ranges.push_back(group.frames);
    }
    const int stride = encoder.traits().spatialStride;
    const std::int64_t height = frames.size(3) / stride, width = frames.size(4) / stride;
    std::vector<Tile> tiles;
    if (plan.tile) {
        tiles = tilesOf(*plan.tile, encoder.localHalo(), height, width);
    }
    EncoderCache cache;
    std::vector<EncoderCache> tileCaches(tiles.size());
    for (const auto step : stepsOf(plan, ranges)) {
        control.checkpoint();
        const at::Tensor part = frames.narrow(2, step.begin, step.size());
        if (tiles.empty()) {
            EncodeStep done = encoder.encode(part, std::move(cache));
            cache = std::move(done.cache);
            latents(done.latents, done.skips);
            continue;
        }
        CausalEncoder::LocalStep whole;
        for (std::size_t i = 0; i < tiles.size(); ++i) {
            control.checkpoint();
            auto done = encoder.encodeLocal(windowOf(part, tiles[i], stride), std::move(tileCaches[i]));
            tileCaches[i] = std::move(done.cache);
            if (!whole.features.defined()) {
                whole.features = emptyLike(done.features, height, width);
            }
            putKept(whole.features, done.features, tiles[i], 1);
            for (std::size_t level = 0; level < done.skips.size(); ++level) {
                const std::int64_t scale = done.skips[level].size(3) / (tiles[i].row.end - tiles[i].row.begin);
                if (whole.skips.size() <= level) {
                    whole.skips.push_back(emptyLike(done.skips[level], height * scale, width * scale));
                }
                putKept(whole.skips[level], done.skips[level], tiles[i], scale);
            }
        }
        EncodeStep done = encoder.encodeGlobal(whole, std::move(cache));
        cache = std::move(done.cache);
        latents(done.latents, whole.skips);
    }
}

at::Tensor decoded(const CausalDecoder& decoder, const at::Tensor& latents, const EvaluationPlan& plan, bool clamped)
{
    const auto groups = decoder.groups(latents.size(2));
    at::Tensor whole;
    std::int64_t done = 0;
    decodeClip(decoder, latents, {}, plan, base::Control(), [&](const at::Tensor& frames) {
        if (!whole.defined()) {
            whole =
                at::empty({frames.size(0), frames.size(1), groups.back().frames.end, frames.size(3), frames.size(4)},
                    frames.options());
        }
        whole.narrow(2, done, frames.size(2)).copy_(frames);
        done += frames.size(2);
    });
    return clamped ? whole.clamp_(-1, 1) : whole;
}

at::Tensor encoded(const CausalEncoder& encoder, const at::Tensor& frames, const EvaluationPlan& plan)
{
    std::vector<at::Tensor> parts;
    encodeClip(encoder, frames, plan, base::Control(),
        [&](const at::Tensor& latents, const Skips&) { parts.push_back(latents); });
    return at::cat(parts, 2);
}

} // namespace reelmend::models
