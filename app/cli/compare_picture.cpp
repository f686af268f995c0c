#include "app/cli/compare_picture.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/media/filter_graph.h"
#include "core/media/picture.h"
#include "core/video/convert.h"

namespace reelmend::cli {

namespace {

constexpr int kGap = 8;
constexpr std::uint8_t kGrey = 40;

video::Image8 pictureOfHeight(const video::Frame& frame, int height)
{
    if (frame.height() == height) {
        return toRgb8(frame);
    }
    const auto width = std::max(1L, std::lround(static_cast<double>(frame.width()) * height / frame.height()));
    return toRgb8(media::filterFrame(
        frame, "scale=" + std::to_string(width) + ":" + std::to_string(height) + ":flags=bicubic"));
}

void place(const video::Image8& from, video::Image8& to, int left)
{
    for (int y = 0; y < from.height; ++y) {
        std::copy_n(from.row(y), 3 * from.width, to.row(y) + 3 * left);
    }
}

} // namespace

void writeComparison(const std::filesystem::path& path, const video::Frame& a, const video::Frame& b)
{
    const int height = std::max(a.height(), b.height());
    const video::Image8 left = pictureOfHeight(a, height);
    const video::Image8 right = pictureOfHeight(b, height);
    video::Image8 both(left.width + kGap + right.width, height, 3, kGrey);
    place(left, both, 0);
    place(right, both, left.width + kGap);
    media::writePng(path, both);
}

} // namespace reelmend::cli
