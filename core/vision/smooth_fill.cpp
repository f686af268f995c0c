#include "core/vision/smooth_fill.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace reelmend::vision {

namespace {

struct Box {
    int left, top, right, bottom; // half-open
};

Box boxOf(const video::Image8& unknown)
{
    Box box{unknown.width, unknown.height, 0, 0};
    for (int y = 0; y < unknown.height; ++y) {
        for (int x = 0; x < unknown.width; ++x) {
            if (unknown.row(y)[x] > 0) {
                box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + 1), y + 1};
            }
        }
    }
    return {std::max(box.left - 1, 0), std::max(box.top - 1, 0), std::min(box.right + 1, unknown.width),
        std::min(box.bottom + 1, unknown.height)};
}

template <class T> video::Image<T> cut(const video::Image<T>& image, const Box& box)
{
    video::Image<T> out(box.right - box.left, box.bottom - box.top, image.channels);
    for (int y = 0; y < out.height; ++y) {
        const T* from = image.row(box.top + y) + box.left * image.channels;
        std::copy(from, from + out.width * image.channels, out.row(y));
    }
    return out;
}

// Gauss-Seidel with over-relaxation over the unknown pixels.
void relax(video::ImageF& image, const std::vector<std::int32_t>& unknown, int sweeps)
{
    const int channels = image.channels;
    for (int sweep = 0; sweep < sweeps; ++sweep) {
        const float factor = sweep + 2 < sweeps ? 1.6F : 1.0F;
        for (const std::int32_t at : unknown) {
            const int x = at % image.width;
            const int y = at / image.width;
            float* centre = image.row(y) + x * channels;
            const bool hasRight = x + 1 < image.width;
            const bool hasDown = y + 1 < image.height;
            // The edges reflect: a neighbour outside is replaced by the one on the other side.
            const float* left = x > 0 ? centre - channels : hasRight ? centre + channels : centre;
            const float* right = hasRight ? centre + channels : left;
            const std::ptrdiff_t line = static_cast<std::ptrdiff_t>(image.width) * channels;
            const float* up = y > 0 ? centre - line : hasDown ? centre + line : centre;
            const float* down = hasDown ? centre + line : up;
            for (int c = 0; c < channels; ++c) {
                const float mean = 0.25F * (left[c] + right[c] + up[c] + down[c]);
                centre[c] += factor * (mean - centre[c]);
            }
        }
    }
}

// Coarse to fine: a reduced picture of the known pixels gives the start, relaxation the rest.
void solve(video::ImageF& image, const video::Image8& unknown)
{
    std::vector<std::int32_t> list;
    for (std::size_t i = 0; i < unknown.pixels.size(); ++i) {
        if (unknown.pixels[i] > 0) {
            list.push_back(static_cast<std::int32_t>(i));
        }
    }
    if (list.empty() || list.size() == unknown.pixels.size()) {
        return;
    }
    const int channels = image.channels;
    const int width = (image.width + 1) / 2;
    const int height = (image.height + 1) / 2;
    video::ImageF half(width, height, channels);
    video::Image8 halfUnknown(width, height, 1);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            float* out = half.row(y) + x * channels;
            int known = 0;
            for (int j = 2 * y; j < std::min(2 * y + 2, image.height); ++j) {
                for (int i = 2 * x; i < std::min(2 * x + 2, image.width); ++i) {
                    if (unknown.row(j)[i] == 0) {
                        ++known;
                        for (int c = 0; c < channels; ++c) {
                            out[c] += image.row(j)[i * channels + c];
                        }
                    }
                }
            }
            halfUnknown.row(y)[x] = known == 0 ? 255 : 0;
            for (int c = 0; c < channels && known > 0; ++c) {
                out[c] /= static_cast<float>(known);
            }
        }
    }
    solve(half, halfUnknown);
    for (const std::int32_t at : list) {
        const int x = at % image.width;
        const int y = at / image.width;
        // Nearest of the four with weights 9:3:3:1, as a linear enlargement would.
        const int x0 = x / 2;
        const int y0 = y / 2;
        const int x1 = std::clamp(x % 2 == 0 ? x0 - 1 : x0 + 1, 0, width - 1);
        const int y1 = std::clamp(y % 2 == 0 ? y0 - 1 : y0 + 1, 0, height - 1);
        float* out = image.row(y) + x * channels;
        for (int c = 0; c < channels; ++c) {
            out[c] = (9 * half.row(y0)[x0 * channels + c] + 3 * half.row(y0)[x1 * channels + c] +
                         3 * half.row(y1)[x0 * channels + c] + half.row(y1)[x1 * channels + c]) /
                     16;
        }
    }
    relax(image, list, 12);
}

} // namespace

void fillSmoothly(video::ImageF& image, const video::Image8& unknown)
{
    const Box box = boxOf(unknown);
    if (box.left >= box.right || box.top >= box.bottom) {
        return;
    }
    video::ImageF part = cut(image, box);
    solve(part, cut(unknown, box));
    for (int y = 0; y < part.height; ++y) {
        std::copy(part.row(y), part.row(y) + part.width * part.channels,
            image.row(box.top + y) + box.left * image.channels);
    }
}

} // namespace reelmend::vision
