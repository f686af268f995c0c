#include "core/video/scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/video/convert.h"

namespace reelmend::video {

namespace {

constexpr double kSigma = 1.5;
constexpr int kWindow = 11;

void requireSameSize(int widthA, int heightA, int widthB, int heightB)
{
    if (widthA != widthB || heightA != heightB) {
        const auto size = [](int w, int h) { return std::to_string(w) + "x" + std::to_string(h); };
        throw base::Error(base::ErrorKind::kUsage, "The pictures cannot be compared.",
            "One is " + size(widthA, heightA) + ", the other " + size(widthB, heightB) + ".",
            "Compare pictures of one size.");
    }
}

std::vector<float> gaussianWindow(int size)
{
    std::vector<double> weights(static_cast<std::size_t>(size));
    double sum = 0;
    for (int i = 0; i < size; ++i) {
        const double x = i - (size - 1) / 2.0;
        sum += weights[static_cast<std::size_t>(i)] = std::exp(-x * x / (2 * kSigma * kSigma));
    }
    std::vector<float> window;
    for (const double weight : weights) {
        window.push_back(static_cast<float>(weight / sum));
    }
    return window;
}

// The five running products that the index is made of, per pixel: a, b, a², b², ab.
constexpr std::size_t kMoments = 5;
using Rows = std::array<std::vector<float>, kMoments>;

// One row of the pictures, filtered along x at the positions where the window fits.
void filterRow(const float* a, const float* b, const std::vector<float>& window, int outWidth, Rows& out)
{
    for (std::size_t m = 0; m < kMoments; ++m) {
        out[m].assign(static_cast<std::size_t>(outWidth), 0.0f);
    }
    for (std::size_t k = 0; k < window.size(); ++k) {
        const float w = window[k];
        for (int x = 0; x < outWidth; ++x) {
            const auto i = static_cast<std::size_t>(x);
            const float va = a[i + k];
            const float vb = b[i + k];
            out[0][i] += w * va;
            out[1][i] += w * vb;
            out[2][i] += w * va * va;
            out[3][i] += w * vb * vb;
            out[4][i] += w * va * vb;
        }
    }
}

double rowSum(const std::vector<Rows>& ring, std::size_t oldest, const std::vector<float>& window, int outWidth)
{
    constexpr double kC1 = (0.01 * 255) * (0.01 * 255);
    constexpr double kC2 = (0.03 * 255) * (0.03 * 255);
    double sum = 0;
    for (std::size_t x = 0; x < static_cast<std::size_t>(outWidth); ++x) {
        double moment[kMoments] = {};
        for (std::size_t k = 0; k < window.size(); ++k) {
            const Rows& row = ring[(oldest + k) % ring.size()];
            for (std::size_t m = 0; m < kMoments; ++m) {
                moment[m] += static_cast<double>(window[k]) * static_cast<double>(row[m][x]);
            }
        }
        const double meanA = moment[0];
        const double meanB = moment[1];
        const double varianceA = moment[2] - meanA * meanA;
        const double varianceB = moment[3] - meanB * meanB;
        const double covariance = moment[4] - meanA * meanB;
        sum += (2 * meanA * meanB + kC1) * (2 * covariance + kC2) /
               ((meanA * meanA + meanB * meanB + kC1) * (varianceA + varianceB + kC2));
    }
    return sum;
}

ImageF rgbOf(const Frame& frame, bool isDeep)
{
    ImageF rgb(frame.width(), frame.height(), 3);
    const auto take = [&](const auto& image, float scale) {
        std::transform(image.pixels.begin(), image.pixels.end(), rgb.pixels.begin(),
            [scale](auto value) { return static_cast<float>(value) * scale; });
    };
    isDeep ? take(toRgb16(frame), 1.0f / 65535.0f) : take(toRgb8(frame), 1.0f / 255.0f);
    return rgb;
}

} // namespace

double meanSquaredError(const ImageF& a, const ImageF& b)
{
    requireSameSize(a.width, a.height, b.width, b.height);
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
        const double difference = static_cast<double>(a.pixels[i]) - static_cast<double>(b.pixels[i]);
        sum += difference * difference;
    }
    return a.pixels.empty() ? 0 : sum / static_cast<double>(a.pixels.size());
}

double psnrOf(double meanSquaredError)
{
    return meanSquaredError > 0 ? -10 * std::log10(meanSquaredError) : std::numeric_limits<double>::infinity();
}

ImageF studioLuma(const ImageF& rgb)
{
    ImageF luma(rgb.width, rgb.height, 1);
    for (std::size_t i = 0; i < luma.pixels.size(); ++i) {
        const float* p = rgb.pixels.data() + 3 * i;
        luma.pixels[i] = 16.0f + 65.481f * p[0] + 128.553f * p[1] + 24.966f * p[2];
    }
    return luma;
}

double ssim(const ImageF& a, const ImageF& b)
{
    requireSameSize(a.width, a.height, b.width, b.height);
    const int side = std::min(a.width, a.height);
    const std::vector<float> window = gaussianWindow(std::min(kWindow, side % 2 == 1 ? side : side - 1));
    const int size = static_cast<int>(window.size());
    const int outWidth = a.width - size + 1;
    const int outHeight = a.height - size + 1;
    if (size < 1) {
        return 1;
    }
    std::vector<Rows> ring(window.size());
    double sum = 0;
    for (int y = 0; y < a.height; ++y) {
        filterRow(a.row(y), b.row(y), window, outWidth, ring[static_cast<std::size_t>(y % size)]);
        if (y >= size - 1) {
            sum += rowSum(ring, static_cast<std::size_t>((y + 1) % size), window, outWidth);
        }
    }
    return sum / (static_cast<double>(outWidth) * outHeight);
}

FrameScores scoreFrames(const Frame& a, const Frame& b)
{
    requireSameSize(a.width(), a.height(), b.width(), b.height());
    const bool isDeep = std::max(a.format().depth(), b.format().depth()) > 8;
    const ImageF rgbA = rgbOf(a, isDeep);
    const ImageF rgbB = rgbOf(b, isDeep);
    const double error = meanSquaredError(rgbA, rgbB);
    return {psnrOf(error), ssim(studioLuma(rgbA), studioLuma(rgbB)), error == 0};
}

} // namespace reelmend::video
