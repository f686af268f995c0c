#include "core/tensor/group_norm_silu.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "core/tensor/convolve.h"
#include "core/tensor/cpu/group_norm_cpu.h"

namespace reelmend::tensor {

namespace {

at::ScalarType momentsType(const at::Tensor& x)
{
    return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

bool hasKernel(const at::Tensor& x)
{
    return x.is_cpu() &&
           (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble || x.scalar_type() == at::kBFloat16);
}

// Calls `run` with the stored type and the type that is computed with.
template <class Run> void dispatch(const at::Tensor& x, Run&& run)
{
    switch (x.scalar_type()) {
    case at::kFloat:
        return run(float(), float());
    case at::kDouble:
        return run(double(), double());
    default:
        return run(std::uint16_t(), float());
    }
}

template <class T> T* item(const at::Tensor& x, std::int64_t batch)
{
    return static_cast<T*>(x.data_ptr()) + batch * x.stride(0);
}

// The lines of a picture: rows of all frames of one batch item, in the order of memory.
struct Lines {
    std::int64_t time, height, width, channels;
    std::int64_t elements() const { return width * channels; }
    std::int64_t grain() const { return std::max<std::int64_t>(1, 32768 / elements()); }
};

Lines linesOf(const at::Tensor& x)
{
    return {x.size(2), x.size(3), x.size(4), x.size(1)};
}

struct Grid {
    std::vector<std::int64_t> frames; // the coarse frame of each frame
    std::int64_t time, height, width;

    std::int64_t row(std::int64_t frame, std::int64_t line, std::int64_t lines) const
    {
        return frames[static_cast<std::size_t>(frame)] * height + line * height / lines;
    }
};

Grid gridOf(const at::Tensor& x, const Modulation& modulation, std::int64_t first, std::int64_t clipFrames)
{
    const at::Tensor& scale = modulation.scale;
    TORCH_CHECK(scale.dim() == 5 && scale.is_contiguous() && modulation.shift.is_contiguous() &&
                    scale.sizes() == modulation.shift.sizes() && scale.size(4) == x.size(1) &&
                    scale.scalar_type() == momentsType(x) && x.size(3) % scale.size(2) == 0 &&
                    x.size(4) % scale.size(3) == 0,
        "group norm: a modulation of ", scale.sizes(), " for an input of ", x.sizes());
    Grid grid{{}, scale.size(1), scale.size(2), scale.size(3)};
    for (std::int64_t t = 0; t < x.size(2); ++t) {
        grid.frames.push_back(coarseFrame(first + t, clipFrames, grid.time));
    }
    return grid;
}

// The modulation at every position of x, for devices without an own kernel: [batch, C, T, H, W]
at::Tensor enlarged(const at::Tensor& coarse, const Grid& grid, const at::Tensor& x)
{
    const at::Tensor frames = coarse.index_select(1, at::tensor(grid.frames, at::kLong).to(coarse.device()));
    return frames.repeat_interleave(x.size(3) / grid.height, 2)
        .repeat_interleave(x.size(4) / grid.width, 3)
        .permute({0, 4, 1, 2, 3});
}

// Sums [batch, T, H, grid.width, C] over the frames and lines of each cell.
at::Tensor gathered(const at::Tensor& perLine, const Grid& grid)
{
    const auto& s = perLine.sizes();
    const at::Tensor perRow = perLine.view({s[0], s[1], grid.height, s[2] / grid.height, s[3], s[4]}).sum(3);
    at::Tensor sum = at::zeros({s[0], grid.time, grid.height, grid.width, s[4]}, perLine.options());
    for (std::size_t t = 0; t < grid.frames.size(); ++t) {
        sum.select(1, grid.frames[t]).add_(perRow.select(1, static_cast<std::int64_t>(t)));
    }
    return sum;
}

template <class T> void sumChannels(const at::Tensor& x, std::int64_t batch, double* sums, double* squares)
{
    const Lines lines = linesOf(x);
    const auto channels = static_cast<std::size_t>(lines.channels);
    std::mutex adding;
    at::parallel_for(0, lines.time * lines.height, lines.grain(), [&](std::int64_t begin, std::int64_t end) {
        std::vector<double> own(2 * channels);
        cpu::channelMoments(item<T>(x, batch) + begin * lines.elements(), (end - begin) * lines.width,
            static_cast<int>(lines.channels), own.data(), own.data() + channels);
        const std::lock_guard lock(adding);
        for (std::size_t c = 0; c < channels; ++c) {
            sums[c] += own[c];
            squares[c] += own[channels + c];
        }
    });
}

} // namespace

std::int64_t coarseFrame(std::int64_t frame, std::int64_t frames, std::int64_t coarseFrames)
{
    if (coarseFrames == 1) {
        return 0;
    }
    if (frames > 1 && frames % 2 == 1) {
        return frame == 0 ? 0 : 1 + (frame - 1) * (coarseFrames - 1) / (frames - 1);
    }
    return frame * coarseFrames / frames;
}

GroupMoments groupMoments(const at::Tensor& x, int groups, double epsilon)
{
    TORCH_CHECK(x.dim() == 5 && x.size(1) % groups == 0, "group norm: ", groups, " groups for ", x.sizes());
    const double count = static_cast<double>(x.numel() / (x.size(0) * groups));
    at::Tensor mean, variance;
    if (hasKernel(x)) {
        TORCH_CHECK(x.is_contiguous(k3d), "group norm wants channels_last_3d tensors");
        const at::Tensor sums = at::zeros({2, x.size(0), x.size(1)}, at::kDouble);
        for (std::int64_t b = 0; b < x.size(0); ++b) {
            dispatch(x, [&](auto stored, auto) {
                sumChannels<decltype(stored)>(
                    x, b, sums[0].select(0, b).data_ptr<double>(), sums[1].select(0, b).data_ptr<double>());
            });
        }
        const at::Tensor perGroup = sums.view({2, x.size(0), groups, -1}).sum(3) / count;
        mean = perGroup[0];
        variance = (perGroup[1] - mean.square()).clamp_min(0);
    } else {
        const auto both = at::var_mean(
            x.to(momentsType(x)).view({x.size(0), groups, x.size(1) / groups, x.size(2), x.size(3), x.size(4)}),
            at::IntArrayRef({2, 3, 4, 5}), false);
        variance = std::get<0>(both);
        mean = std::get<1>(both);
    }
    return {mean.to(momentsType(x)), (variance + epsilon).rsqrt().to(momentsType(x))};
}

void modulatedSiluInto(const at::Tensor& output, const at::Tensor& x, const Modulation& modulation,
    std::int64_t firstFrame, std::int64_t clipFrames)
{
    const Grid grid = gridOf(x, modulation, firstFrame, clipFrames);
    if (!hasKernel(x)) {
        const at::Tensor value =
            x.to(momentsType(x)) * enlarged(modulation.scale, grid, x) + enlarged(modulation.shift, grid, x);
        output.copy_(at::silu(value));
        return;
    }
    const Lines lines = linesOf(x);
    dispatch(x, [&](auto stored, auto computed) {
        using T = decltype(stored);
        using C = decltype(computed);
        for (std::int64_t b = 0; b < x.size(0); ++b) {
            const T* in = item<T>(x, b);
            T* out = item<T>(output, b);
            const C *scale = item<C>(modulation.scale, b), *shift = item<C>(modulation.shift, b);
            at::parallel_for(0, lines.time * lines.height, lines.grain(), [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t line = begin; line < end; ++line) {
                    const std::int64_t cell = grid.row(line / lines.height, line % lines.height, lines.height) *
                                              grid.width * lines.channels;
                    cpu::modulatedSilu(in + line * lines.elements(), scale + cell, shift + cell,
                        out + line * lines.elements(), grid.width, lines.width / grid.width,
                        static_cast<int>(lines.channels));
                }
            });
        }
    });
}

ModulationGradient modulatedSiluBackward(
    const at::Tensor& gradient, const at::Tensor& x, const Modulation& modulation)
{
    const Grid grid = gridOf(x, modulation, 0, x.size(2));
    const Lines lines = linesOf(x);
    const std::vector<std::int64_t> perLine = {x.size(0), lines.time, lines.height, grid.width, lines.channels};
    if (!hasKernel(x)) {
        const auto type = momentsType(x);
        const at::Tensor wide = x.to(type), scale = enlarged(modulation.scale, grid, x);
        const at::Tensor value = wide * scale + enlarged(modulation.shift, grid, x), sigmoid = at::sigmoid(value);
        const at::Tensor arriving = gradient.to(type) * sigmoid * (1 + value * (1 - sigmoid));
        const auto inCells = [&](const at::Tensor& full) {
            return gathered(full.permute({0, 2, 3, 4, 1})
                                .reshape({x.size(0), lines.time, lines.height, grid.width, -1, lines.channels})
                                .sum(4),
                grid);
        };
        return {(arriving * scale).to(x.scalar_type()).contiguous(k3d), inCells(arriving * wide), inCells(arriving)};
    }
    const at::Tensor given = gradient.contiguous(k3d);
    const at::Tensor dx = at::empty(x.sizes(), x.options(), k3d);
    const at::Tensor dscale = at::empty(perLine, modulation.scale.options()), dshift = at::empty_like(dscale);
    dispatch(x, [&](auto stored, auto computed) {
        using T = decltype(stored);
        using C = decltype(computed);
        for (std::int64_t b = 0; b < x.size(0); ++b) {
            const std::int64_t cells = grid.width * lines.channels;
            at::parallel_for(0, lines.time * lines.height, lines.grain(), [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t line = begin; line < end; ++line) {
                    const std::int64_t cell =
                        grid.row(line / lines.height, line % lines.height, lines.height) * cells;
                    const std::int64_t at = line * lines.elements();
                    cpu::modulatedSiluBackward(item<T>(x, b) + at, item<C>(modulation.scale, b) + cell,
                        item<C>(modulation.shift, b) + cell, item<T>(given, b) + at, item<T>(dx, b) + at,
                        item<C>(dscale, b) + line * cells, item<C>(dshift, b) + line * cells, grid.width,
                        lines.width / grid.width, static_cast<int>(lines.channels));
                }
            });
        }
    });
    return {dx, gathered(dscale, grid), gathered(dshift, grid)};
}

void addAffineInto(const at::Tensor& dx, const at::Tensor& x, const at::Tensor& slope, const at::Tensor& offset)
{
    if (!hasKernel(x)) {
        const auto spread = [](const at::Tensor& t) { return t.view({t.size(0), t.size(1), 1, 1, 1}); };
        dx.copy_(dx.to(slope.scalar_type()) + x.to(slope.scalar_type()) * spread(slope) + spread(offset));
        return;
    }
    const Lines lines = linesOf(x);
    dispatch(x, [&](auto stored, auto computed) {
        using T = decltype(stored);
        using C = decltype(computed);
        for (std::int64_t b = 0; b < x.size(0); ++b) {
            at::parallel_for(0, lines.time * lines.height, lines.grain(), [&](std::int64_t begin, std::int64_t end) {
                const std::int64_t at = begin * lines.elements();
                cpu::addAffine(item<T>(x, b) + at, item<C>(slope, b), item<C>(offset, b), item<T>(dx, b) + at,
                    (end - begin) * lines.width, static_cast<int>(lines.channels));
            });
        }
    });
}

} // namespace reelmend::tensor
