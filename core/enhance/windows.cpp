#include "core/enhance/windows.h"

#include <algorithm>
#include <string>

#include "core/base/error.h"

namespace reelmend::enhance {

std::vector<WindowShare> sharesOf(std::int64_t frame, std::int64_t frameCount, const WindowSettings& settings,
    const std::function<bool(std::int64_t)>& startsShot)
{
    if (settings.frames < 1 || settings.overlap < 0 || 2 * settings.overlap > settings.frames) {
        throw base::Error(base::ErrorKind::kUsage, "The clip cannot be cut into these windows.",
            "Windows of " + std::to_string(settings.frames) + " frames cannot share " +
                std::to_string(settings.overlap) + ".",
            "Let them share at most half of their frames.");
    }
    const std::int64_t stride = settings.frames - settings.overlap;
    const std::int64_t own = frame / stride * stride; // where the later window begins
    const bool inOverlap = own > 0 && frame < own + settings.overlap;
    const std::int64_t earlier = own - stride;
    const std::int64_t first = inOverlap ? earlier : own;
    const std::int64_t last = std::min(frameCount, own + settings.frames);
    std::int64_t begin = first, end = last; // of the shot, as far as the windows show it
    for (std::int64_t i = first; i < last; ++i) {
        if (i > first && startsShot(i)) {
            if (i > frame) {
                end = i;
                break;
            }
            begin = i;
        }
    }
    const base::FrameRange later{std::max(begin, own), end};
    const base::FrameRange before{begin, std::min(end, earlier + settings.frames)};
    if (!inOverlap || begin >= own) {
        return {{later, 1}};
    }
    if (end <= earlier + settings.frames) {
        return {{before, 1}};
    }
    const double weight = static_cast<double>(frame - own + 1) / static_cast<double>(settings.overlap + 1);
    return {{before, 1 - weight}, {later, weight}};
}

std::vector<TileSpan> evenTiles(std::int64_t size, std::int64_t count, std::int64_t overlap, std::int64_t multiple)
{
    if (count <= 1) {
        return {{0, size}};
    }
    std::int64_t side = (size + (count - 1) * overlap + count - 1) / count;
    side = std::min(size, (side + multiple - 1) / multiple * multiple);
    std::vector<TileSpan> spans;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t begin = (size - side) * i / (count - 1); // evenly from the one border to the other
        if (spans.empty() || begin > spans.back().begin) {
            spans.push_back({begin, begin + side});
        }
    }
    return spans;
}

TileGrid tileGrid(
    std::int64_t height, std::int64_t width, std::int64_t mostCells, std::int64_t overlap, std::int64_t multiple)
{
    std::int64_t rows = 1, columns = 1;
    TileGrid grid;
    for (;;) {
        grid = {evenTiles(height, rows, overlap, multiple), evenTiles(width, columns, overlap, multiple)};
        const std::int64_t tall = grid.rows.front().end - grid.rows.front().begin;
        const std::int64_t wide = grid.columns.front().end - grid.columns.front().begin;
        const std::int64_t least = 2 * overlap + multiple; // smaller tiles would be all overlap
        const bool canHalveHeight = tall > least, canHalveWidth = wide > least;
        if (tall * wide <= mostCells || (!canHalveHeight && !canHalveWidth)) {
            return grid;
        }
        if (canHalveHeight && (tall >= wide || !canHalveWidth)) {
            ++rows;
        } else {
            ++columns;
        }
    }
}

} // namespace reelmend::enhance
