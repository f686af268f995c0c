#include "core/models/cogvideox_positions.h"

#include <ATen/ATen.h>

#include <cmath>

namespace reelmend::models::cogvideox {

namespace {

constexpr double kTheta = 10000.0;

// Along one axis of the grid: [places, 1, pairs] -> spread over all tokens.
at::Tensor spread(const at::Tensor& rows, const TokenGrid& grid, std::size_t axis)
{
    std::array<std::int64_t, 4> shape = {1, 1, 1, rows.size(1)};
    shape[axis] = rows.size(0);
    return rows.view(shape).expand({grid[0], grid[1], grid[2], rows.size(1)}).reshape({-1, rows.size(1)});
}

// Angles of rotary positions: place * theta^(-2 i / width).
at::Tensor angles(const at::Tensor& places, std::int64_t width)
{
    const at::Tensor rates = at::pow(kTheta, at::arange(0, width, 2, at::kDouble) / -static_cast<double>(width));
    return at::outer(places, rates);
}

// As numpy.linspace without its end, over the stretch of the sample's grid that the clip covers.
at::Tensor stretch(std::int64_t start, std::int64_t size, std::int64_t count)
{
    const auto n = static_cast<double>(count);
    return at::linspace(
        static_cast<double>(start), static_cast<double>(start + size) * (n - 1) / n, count, at::kDouble);
}

// Python's round: halves go to the even neighbour.
std::int64_t rounded(double value)
{
    return static_cast<std::int64_t>(std::nearbyint(value));
}

struct Places {
    at::Tensor rows, columns;
};

// CogVideoX 1.0: the clip's grid is fitted into the sample's, both in tokens, and lies in its middle.
Places fittedPlaces(const CogVideoXConfig& config, const TokenGrid& grid)
{
    const auto width = static_cast<double>(config.sampleWidth / config.patch);
    const auto height = static_cast<double>(config.sampleHeight / config.patch);
    const auto rows = static_cast<double>(grid[1]), columns = static_cast<double>(grid[2]);
    auto fittedHeight = static_cast<std::int64_t>(height), fittedWidth = static_cast<std::int64_t>(width);
    if (rows / columns > height / width) {
        fittedWidth = rounded(height / rows * columns);
    } else {
        fittedHeight = rounded(width / columns * rows);
    }
    const std::int64_t top = rounded((height - static_cast<double>(fittedHeight)) / 2.0);
    const std::int64_t left = rounded((width - static_cast<double>(fittedWidth)) / 2.0);
    return {stretch(top, fittedHeight, grid[1]), stretch(left, fittedWidth, grid[2])};
}

// [places, width]: sines, then cosines, of place * theta^(-i / (width / 2)).
at::Tensor sinusoid(const at::Tensor& places, std::int64_t width)
{
    const std::int64_t half = width / 2;
    const at::Tensor rates = at::pow(kTheta, at::arange(half, at::kDouble) / -(static_cast<double>(width) / 2.0));
    const at::Tensor turned = at::outer(places, rates);
    return at::cat({turned.sin(), turned.cos()}, 1);
}

} // namespace

at::Tensor rotations(const CogVideoXConfig& config, const TokenGrid& grid, at::ScalarType type)
{
    const std::int64_t timeWidth = config.headChannels / 4, spaceWidth = config.headChannels / 8 * 3;
    Places places = {at::arange(grid[1], at::kDouble), at::arange(grid[2], at::kDouble)};
    if (config.patchTime == 0) {
        places = fittedPlaces(config, grid);
    }
    const at::Tensor all = at::cat(
        {spread(angles(at::arange(grid[0], at::kDouble), timeWidth), grid, 0),
            spread(angles(places.rows, spaceWidth), grid, 1), spread(angles(places.columns, spaceWidth), grid, 2)},
        1);
    return at::complex(all.cos().to(type), all.sin().to(type)).unsqueeze(1);
}

at::Tensor sinusoids(const CogVideoXConfig& config, const TokenGrid& grid)
{
    const std::int64_t time = config.channels() / 4, space = 3 * static_cast<std::int64_t>(config.channels()) / 4;
    const at::Tensor rows = at::arange(grid[1], at::kDouble) / config.spatialScale;
    const at::Tensor columns = at::arange(grid[2], at::kDouble) / config.spatialScale;
    const at::Tensor frames = at::arange(grid[0], at::kDouble) / config.temporalScale;
    return at::cat({spread(sinusoid(frames, time), grid, 0), spread(sinusoid(columns, space / 2), grid, 2),
                       spread(sinusoid(rows, space / 2), grid, 1)},
        1);
}

at::Tensor waves(const CogVideoXConfig& config, const at::Tensor& numbers, std::int64_t width)
{
    const std::int64_t half = width / 2;
    const at::Tensor rates = at::exp(
        at::arange(half, at::kDouble) * (-std::log(kTheta) / (static_cast<double>(half) - config.frequencyShift)));
    const at::Tensor turned = at::outer(numbers.to(at::kCPU, at::kDouble).reshape({-1}), rates);
    const at::Tensor both =
        config.cosineFirst ? at::cat({turned.cos(), turned.sin()}, 1) : at::cat({turned.sin(), turned.cos()}, 1);
    return width % 2 == 0 ? both : at::constant_pad_nd(both, {0, 1});
}

} // namespace reelmend::models::cogvideox
