#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/models/causal_codec.h"

// What the sweeps see of a decoder: a network that is run group by group, each handing a cache to the next. The whole
// decoder is one chain; with spatial tiles its global part is one and every tile of its local part another.
namespace reelmend::chopgrad {

struct ChainStep {
    at::Tensor output; // frames, or the global part's features
    models::CausalCache cache;
};

// Const and pure, as CausalDecoder: run() for one group depends on its arguments alone.
class GroupChain {
public:
    virtual ~GroupChain() = default;

    virtual std::int64_t groups() const = 0;
    // The tensors whose gradient is asked for at this group, without a graph: the latent, then the skips.
    virtual std::vector<at::Tensor> inputs(std::int64_t group) const = 0;
    virtual ChainStep run(
        std::int64_t group, const std::vector<at::Tensor>& inputs, models::CausalCache cache) const = 0;
    // False where every group stands alone and the cache it leaves is not to be handed on.
    virtual bool handsOn() const { return true; }
};

// Latents of a clip as its decoder groups them, with each group's skips (none for networks without).
struct ClipLatents {
    at::Tensor latents;               // [batch, channels, time, height, width], the decoder's own space
    std::vector<models::Skips> skips; // per group, or empty
    models::DecoderCache entering;    // the cache entering the first group: empty = the start of a shot
};

// How the clip falls into groups; every one of them a steady group where the clip goes on from an earlier one. Throws
// base::Error(kUsage) for latents that do not divide into groups.
std::vector<models::GroupSpan> groupsOf(const models::CausalDecoder& decoder, const ClipLatents& clip);

// The whole decoder.
class DecoderChain final : public GroupChain {
public:
    // `clip` and `decoder` must outlive the chain. Throws base::Error(kUsage) for latents that do not divide into
    // groups or skips that do not match them.
    DecoderChain(const models::CausalDecoder& decoder, const ClipLatents& clip);

    std::int64_t groups() const override { return static_cast<std::int64_t>(spans_.size()); }
    std::vector<at::Tensor> inputs(std::int64_t group) const override;
    ChainStep run(
        std::int64_t group, const std::vector<at::Tensor>& inputs, models::CausalCache cache) const override;

private:
    const models::CausalDecoder& decoder_;
    const ClipLatents& clip_;
    std::vector<models::GroupSpan> spans_;
};

// Every latent as a still of its own, as DOVE's second stage decodes: nothing is handed on.
class FramewiseChain final : public GroupChain {
public:
    FramewiseChain(const models::CausalDecoder& decoder, const ClipLatents& clip);

    std::int64_t groups() const override { return clip_.latents.size(2); }
    std::vector<at::Tensor> inputs(std::int64_t group) const override;
    ChainStep run(
        std::int64_t group, const std::vector<at::Tensor>& inputs, models::CausalCache cache) const override;
    bool handsOn() const override { return false; }

private:
    const models::CausalDecoder& decoder_;
    const ClipLatents& clip_;
};

// The part of the decoder that sees the whole picture: latents to features.
class GlobalChain final : public GroupChain {
public:
    GlobalChain(const models::CausalDecoder& decoder, const ClipLatents& clip);

    std::int64_t groups() const override { return static_cast<std::int64_t>(spans_.size()); }
    std::vector<at::Tensor> inputs(std::int64_t group) const override;
    ChainStep run(
        std::int64_t group, const std::vector<at::Tensor>& inputs, models::CausalCache cache) const override;

private:
    const models::CausalDecoder& decoder_;
    const ClipLatents& clip_;
    std::vector<models::GroupSpan> spans_;
};

// Latent cells [top, bottom) x [left, right).
struct CellRect {
    std::int64_t top = 0, left = 0, bottom = 0, right = 0;

    std::int64_t height() const { return bottom - top; }
    std::int64_t width() const { return right - left; }
    bool operator==(const CellRect&) const = default;
};

// One part of the picture: the cells it answers for, and those it is computed from.
struct Tile {
    CellRect core, whole;
};
// Throws base::Error(kUsage) that names the largest grid when there are more rows or columns than cells.
std::vector<Tile> tilesOf(std::int64_t height, std::int64_t width, int rows, int columns, std::int64_t halo);

// `rect` of a picture-like tensor whose height is `cells` rows of the latent grid times some factor.
at::Tensor cropped(const at::Tensor& tensor, const CellRect& rect, std::int64_t gridHeight);

// The same of every slot. Slots of the global part may come along: the local part does not look at them.
models::CausalCache cropped(const models::CausalCache& cache, const CellRect& rect, std::int64_t gridHeight);

// One tile of the decoder's local part: features (of the whole picture, one tensor per group) to frames of the tile
// with its halo.
class TileChain final : public GroupChain {
public:
    TileChain(const models::CausalDecoder& decoder, const std::vector<at::Tensor>& features, const ClipLatents& clip,
        const Tile& tile);

    std::int64_t groups() const override { return static_cast<std::int64_t>(features_.size()); }
    std::vector<at::Tensor> inputs(std::int64_t group) const override;
    ChainStep run(
        std::int64_t group, const std::vector<at::Tensor>& inputs, models::CausalCache cache) const override;

private:
    const models::CausalDecoder& decoder_;
    const std::vector<at::Tensor>& features_;
    const ClipLatents& clip_;
    Tile tile_;
};

} // namespace reelmend::chopgrad
