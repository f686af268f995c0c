#pragma once
#include <algorithm>
#include <cmath>

#include "core/video/image.h"

namespace reelmend::vision {

// True where all four neighbours of (x, y) lie in the picture.
template <class T> bool isInside(const video::Image<T>& image, float x, float y)
{
    return x >= 0 && y >= 0 && x <= static_cast<float>(image.width - 1) && y <= static_cast<float>(image.height - 1);
}

// Bilinear value of every channel at (x, y), edges repeated. `out` holds image.channels values.
template <class T> void sampleLinear(const video::Image<T>& image, float x, float y, float* out)
{
    x = std::clamp(x, 0.0F, static_cast<float>(image.width - 1));
    y = std::clamp(y, 0.0F, static_cast<float>(image.height - 1));
    const int x0 = static_cast<int>(x);
    const int y0 = static_cast<int>(y);
    const float wx = x - static_cast<float>(x0);
    const float wy = y - static_cast<float>(y0);
    const int c = image.channels;
    const int right = x0 + 1 < image.width ? c : 0;
    const T* top = image.row(y0) + x0 * c;
    const T* bottom = y0 + 1 < image.height ? image.row(y0 + 1) + x0 * c : top;
    for (int i = 0; i < c; ++i) {
        const float above = static_cast<float>(top[i]) * (1 - wx) + static_cast<float>(top[i + right]) * wx;
        const float below = static_cast<float>(bottom[i]) * (1 - wx) + static_cast<float>(bottom[i + right]) * wx;
        out[i] = above * (1 - wy) + below * wy;
    }
}

// Catmull-Rom (bicubic, a = -1/2) value of every channel at (x, y): sharper than linear for pictures that are sampled
// between their pixels. Edges repeated.
template <class T> void sampleCubic(const video::Image<T>& image, float x, float y, float* out)
{
    x = std::clamp(x, 0.0F, static_cast<float>(image.width - 1));
    y = std::clamp(y, 0.0F, static_cast<float>(image.height - 1));
    const int x0 = static_cast<int>(x);
    const int y0 = static_cast<int>(y);
    const auto weights = [](float t, float* w) {
        w[0] = ((-0.5F * t + 1.0F) * t - 0.5F) * t;
        w[1] = (1.5F * t - 2.5F) * t * t + 1.0F;
        w[2] = ((-1.5F * t + 2.0F) * t + 0.5F) * t;
        w[3] = (0.5F * t - 0.5F) * t * t;
    };
    float wx[4];
    float wy[4];
    weights(x - static_cast<float>(x0), wx);
    weights(y - static_cast<float>(y0), wy);
    const int c = image.channels;
    int column[4];
    for (int i = 0; i < 4; ++i) {
        column[i] = std::clamp(x0 - 1 + i, 0, image.width - 1) * c;
    }
    for (int i = 0; i < c; ++i) {
        out[i] = 0;
    }
    for (int j = 0; j < 4; ++j) {
        const T* row = image.row(std::clamp(y0 - 1 + j, 0, image.height - 1));
        for (int i = 0; i < c; ++i) {
            float sum = 0;
            for (int k = 0; k < 4; ++k) {
                sum += wx[k] * static_cast<float>(row[column[k] + i]);
            }
            out[i] += wy[j] * sum;
        }
    }
}

} // namespace reelmend::vision
