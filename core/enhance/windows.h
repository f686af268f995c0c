#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/time.h"

// Which pieces of a clip a model sees at once, when it sees only so much of it: in time windows, in space tiles.
// Plain arithmetic.
namespace reelmend::enhance {

struct WindowSettings {
    std::int64_t frames = 49; // of a window
    std::int64_t overlap = 8; // frames that two neighbours share, at most half of a window

    bool operator==(const WindowSettings&) const = default;
};

struct WindowShare {
    base::FrameRange frames; // of the piece, within one shot
    double weight = 1;       // of its picture in the result; the weights of a frame sum to 1
};

// Note [Windows of a clip]
// Windows stand at fixed frames of the clip, one every frames - overlap, wherever its shots begin. What a model is
// given is a window's part within one shot; a part that another window holds whole is left out. Where two parts
// overlap, the weight moves from the earlier to the later one in even steps. So what becomes of a frame depends on
// the two windows around it alone: any range can be redone by itself, with the same result.

// The parts that make up `frame`, the earlier first: one or two. Asks `startsShot` (true for the first frame of a
// shot) in ascending order. Throws base::Error(kUsage) for settings that cannot work.
std::vector<WindowShare> sharesOf(std::int64_t frame, std::int64_t frameCount, const WindowSettings& settings,
    const std::function<bool(std::int64_t)>& startsShot);

// Along one axis: [begin, end).
struct TileSpan {
    std::int64_t begin = 0, end = 0;
};
// `count` tiles of one size (a multiple of `multiple`, unless the axis is shorter) that cover `size` cells,
// neighbours sharing at least `overlap` cells.
std::vector<TileSpan> evenTiles(std::int64_t size, std::int64_t count, std::int64_t overlap, std::int64_t multiple);

// The fewest tiles of height x width cells, as square as they come, of at most `mostCells` cells each.
struct TileGrid {
    std::vector<TileSpan> rows, columns;
};
TileGrid tileGrid(
    std::int64_t height, std::int64_t width, std::int64_t mostCells, std::int64_t overlap, std::int64_t multiple);

} // namespace reelmend::enhance
