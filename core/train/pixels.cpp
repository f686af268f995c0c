#include "core/train/pixels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace reelmend::train {

namespace {

double kernelValue(Filter filter, double x)
{
    x = std::abs(x);
    switch (filter) {
    case Filter::kBox:
        return x <= 0.5 ? 1 : 0;
    case Filter::kBilinear:
        return std::max(0.0, 1 - x);
    case Filter::kBicubic: { // a = -0.6 is what FFmpeg's scaler calls bicubic
        constexpr double a = -0.6;
        if (x < 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
    }
    case Filter::kLanczos: {
        if (x < 1e-9) {
            return 1;
        }
        const double p = std::numbers::pi * x;
        return x < 3 ? 3 * std::sin(p) * std::sin(p / 3) / (p * p) : 0;
    }
    }
    return 0;
}

double support(Filter filter)
{
    switch (filter) {
    case Filter::kBox:
        return 0.5;
    case Filter::kBilinear:
        return 1;
    case Filter::kBicubic:
        return 2;
    case Filter::kLanczos:
        break;
    }
    return 3;
}

struct Taps {
    std::int64_t count = 0;
    std::vector<std::int64_t> index; // [out][count]
    std::vector<float> weight;
};

Taps tapsFor(std::int64_t in, std::int64_t out, Filter filter)
{
    const double ratio = static_cast<double>(in) / static_cast<double>(out);
    const double widen = std::max(1.0, ratio);
    Taps taps;
    taps.count = static_cast<std::int64_t>(std::ceil(support(filter) * widen)) * 2 + 1;
    for (std::int64_t o = 0; o < out; ++o) {
        const double centre = (static_cast<double>(o) + 0.5) * ratio - 0.5;
        const auto first = static_cast<std::int64_t>(std::floor(centre)) - taps.count / 2;
        double sum = 0;
        std::vector<double> row(static_cast<std::size_t>(taps.count));
        for (std::int64_t k = 0; k < taps.count; ++k) {
            row[k] = kernelValue(filter, (static_cast<double>(first + k) - centre) / widen);
            sum += row[k];
        }
        for (std::int64_t k = 0; k < taps.count; ++k) {
            taps.index.push_back(std::clamp<std::int64_t>(first + k, 0, in - 1));
            taps.weight.push_back(static_cast<float>(row[k] / sum));
        }
    }
    return taps;
}

// The 8-point cosine transform, orthonormal.
const std::array<std::array<float, 8>, 8>& cosines()
{
    static const auto table = [] {
        std::array<std::array<float, 8>, 8> t{};
        for (int k = 0; k < 8; ++k) {
            for (int n = 0; n < 8; ++n) {
                const double scale = k == 0 ? std::sqrt(0.125) : 0.5;
                t[k][n] = static_cast<float>(scale * std::cos(std::numbers::pi * (2 * n + 1) * k / 16));
            }
        }
        return t;
    }();
    return table;
}

// ITU-T T.81, tables K.1 and K.2.
constexpr std::array<int, 64> kLumaTable{16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16,
    24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104,
    113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
constexpr std::array<int, 64> kChromaTable{17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56,
    99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};

void quantisePlane(
    std::vector<float>& plane, std::int64_t height, std::int64_t width, const std::array<int, 64>& table, int quality)
{
    const auto& c = cosines();
    const double scale = (quality < 50 ? 5000.0 / quality : 200.0 - 2.0 * quality) / 100.0;
    for (std::int64_t top = 0; top < height; top += 8) {
        for (std::int64_t left = 0; left < width; left += 8) {
            float block[8][8], half[8][8];
            const auto pixel = [&](int y, int x) -> float& {
                return plane[static_cast<std::size_t>(
                    std::min(top + y, height - 1) * width + std::min(left + x, width - 1))];
            };
            for (int y = 0; y < 8; ++y) {
                for (int k = 0; k < 8; ++k) {
                    float sum = 0;
                    for (int x = 0; x < 8; ++x) {
                        sum += c[k][x] * (pixel(y, x) * 255 - 128);
                    }
                    half[y][k] = sum;
                }
            }
            for (int k = 0; k < 8; ++k) {
                for (int j = 0; j < 8; ++j) {
                    float sum = 0;
                    for (int y = 0; y < 8; ++y) {
                        sum += c[j][y] * half[y][k];
                    }
                    const double step = std::clamp(std::floor(table[j * 8 + k] * scale + 0.5), 1.0, 255.0);
                    block[j][k] = static_cast<float>(std::nearbyint(sum / step) * step);
                }
            }
            for (int y = 0; y < 8; ++y) {
                for (int k = 0; k < 8; ++k) {
                    float sum = 0;
                    for (int j = 0; j < 8; ++j) {
                        sum += c[j][y] * block[j][k];
                    }
                    half[y][k] = sum;
                }
            }
            for (int y = 0; y < 8; ++y) {
                for (int x = 0; x < 8; ++x) {
                    float sum = 0;
                    for (int k = 0; k < 8; ++k) {
                        sum += c[k][x] * half[y][k];
                    }
                    if (top + y < height && left + x < width) {
                        pixel(y, x) = (sum + 128) / 255;
                    }
                }
            }
        }
    }
}

} // namespace

Pixels resized(const Pixels& image, std::int64_t height, std::int64_t width, Filter filter)
{
    const Taps rows = tapsFor(image.height, height, filter), columns = tapsFor(image.width, width, filter);
    Pixels result(image.frames, image.channels, height, width);
    std::vector<float> half(static_cast<std::size_t>(height * image.width));
    for (std::int64_t f = 0; f < image.frames; ++f) {
        for (std::int64_t c = 0; c < image.channels; ++c) {
            const auto in = image.plane(f, c);
            const auto out = result.plane(f, c);
            std::fill(half.begin(), half.end(), 0.f);
            for (std::int64_t y = 0; y < height; ++y) {
                for (std::int64_t k = 0; k < rows.count; ++k) {
                    const float w = rows.weight[y * rows.count + k];
                    if (w != 0) {
                        const float* from = in.data() + rows.index[y * rows.count + k] * image.width;
                        float* to = half.data() + y * image.width;
                        for (std::int64_t x = 0; x < image.width; ++x) {
                            to[x] += w * from[x];
                        }
                    }
                }
            }
            for (std::int64_t y = 0; y < height; ++y) {
                const float* from = half.data() + y * image.width;
                for (std::int64_t x = 0; x < width; ++x) {
                    float sum = 0;
                    for (std::int64_t k = 0; k < columns.count; ++k) {
                        sum += columns.weight[x * columns.count + k] * from[columns.index[x * columns.count + k]];
                    }
                    out[y * width + x] = sum;
                }
            }
        }
    }
    return result;
}

Pixels cropped(const Pixels& image, std::int64_t top, std::int64_t left, std::int64_t height, std::int64_t width)
{
    Pixels result(image.frames, image.channels, height, width);
    for (std::int64_t f = 0; f < image.frames; ++f) {
        for (std::int64_t c = 0; c < image.channels; ++c) {
            for (std::int64_t y = 0; y < height; ++y) {
                const std::int64_t row = std::clamp<std::int64_t>(top + y, 0, image.height - 1);
                for (std::int64_t x = 0; x < width; ++x) {
                    result.at(f, c, y, x) =
                        image.at(f, c, row, std::clamp<std::int64_t>(left + x, 0, image.width - 1));
                }
            }
        }
    }
    return result;
}

void blur(Pixels& image, double sigmaY, double sigmaX)
{
    const auto weights = [](double sigma) {
        const int radius = std::max(1, static_cast<int>(std::ceil(2.5 * sigma)));
        std::vector<float> w;
        double sum = 0;
        for (int i = -radius; i <= radius; ++i) {
            w.push_back(static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma + 1e-9))));
            sum += w.back();
        }
        for (float& v : w) {
            v = static_cast<float>(v / sum);
        }
        return w;
    };
    const std::vector<float> wy = weights(sigmaY), wx = weights(sigmaX);
    const auto ry = static_cast<std::int64_t>(wy.size() / 2), rx = static_cast<std::int64_t>(wx.size() / 2);
    std::vector<float> half(static_cast<std::size_t>(image.height * image.width));
    for (std::int64_t f = 0; f < image.frames; ++f) {
        for (std::int64_t c = 0; c < image.channels; ++c) {
            const auto p = image.plane(f, c);
            for (std::int64_t y = 0; y < image.height; ++y) {
                for (std::int64_t x = 0; x < image.width; ++x) {
                    float sum = 0;
                    for (std::int64_t k = -ry; k <= ry; ++k) {
                        sum += wy[k + ry] * p[std::clamp<std::int64_t>(y + k, 0, image.height - 1) * image.width + x];
                    }
                    half[y * image.width + x] = sum;
                }
            }
            for (std::int64_t y = 0; y < image.height; ++y) {
                for (std::int64_t x = 0; x < image.width; ++x) {
                    float sum = 0;
                    for (std::int64_t k = -rx; k <= rx; ++k) {
                        sum +=
                            wx[k + rx] * half[y * image.width + std::clamp<std::int64_t>(x + k, 0, image.width - 1)];
                    }
                    p[y * image.width + x] = sum;
                }
            }
        }
    }
}

void addNoise(Pixels& image, double sigma, double grain, bool grey, Random& random)
{
    Pixels noise(image.frames, grey ? 1 : image.channels, image.height, image.width);
    for (float& v : noise.values) {
        v = static_cast<float>(random.normal());
    }
    double gain = sigma;
    if (grain > 0) {
        blur(noise, grain, grain);
        double squares = 0;
        for (const float v : noise.values) {
            squares += static_cast<double>(v) * v;
        }
        gain /= std::sqrt(squares / static_cast<double>(noise.values.size()) + 1e-12);
    }
    for (std::int64_t f = 0; f < image.frames; ++f) {
        for (std::int64_t c = 0; c < image.channels; ++c) {
            const auto n = noise.plane(f, grey ? 0 : c);
            const auto p = image.plane(f, c);
            for (std::size_t i = 0; i < p.size(); ++i) {
                p[i] += static_cast<float>(gain) * n[i];
            }
        }
    }
}

void quantiseBlocks(Pixels& image, int quality)
{
    const std::int64_t h = image.height, w = image.width, ch = (h + 1) / 2, cw = (w + 1) / 2;
    std::vector<float> luma(static_cast<std::size_t>(h * w));
    std::array<std::vector<float>, 2> chroma;
    for (std::int64_t f = 0; f < image.frames; ++f) {
        const auto r = image.plane(f, 0), g = image.plane(f, 1), b = image.plane(f, 2);
        for (std::size_t i = 0; i < luma.size(); ++i) {
            luma[i] = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];
        }
        for (auto& plane : chroma) {
            plane.assign(static_cast<std::size_t>(ch * cw), 0.5f);
        }
        for (std::int64_t y = 0; y < ch; ++y) {
            for (std::int64_t x = 0; x < cw; ++x) {
                float cb = 0, cr = 0;
                for (int k = 0; k < 4; ++k) {
                    const auto i =
                        static_cast<std::size_t>(std::min(2 * y + k / 2, h - 1) * w + std::min(2 * x + k % 2, w - 1));
                    cb += (b[i] - luma[i]) * (0.25f / 1.772f);
                    cr += (r[i] - luma[i]) * (0.25f / 1.402f);
                }
                chroma[0][y * cw + x] += cb;
                chroma[1][y * cw + x] += cr;
            }
        }
        quantisePlane(luma, h, w, kLumaTable, quality);
        quantisePlane(chroma[0], ch, cw, kChromaTable, quality);
        quantisePlane(chroma[1], ch, cw, kChromaTable, quality);
        for (std::int64_t y = 0; y < h; ++y) {
            for (std::int64_t x = 0; x < w; ++x) {
                const auto i = static_cast<std::size_t>(y * w + x);
                const double cy = y / 2.0 - 0.25, cx = x / 2.0 - 0.25;
                const float cb = sample(chroma[0], ch, cw, cy, cx) - 0.5f,
                            cr = sample(chroma[1], ch, cw, cy, cx) - 0.5f;
                r[i] = luma[i] + 1.402f * cr;
                g[i] = luma[i] - 0.344136f * cb - 0.714136f * cr;
                b[i] = luma[i] + 1.772f * cb;
            }
        }
    }
}

float sample(std::span<const float> plane, std::int64_t height, std::int64_t width, double y, double x)
{
    y = std::clamp(y, 0.0, static_cast<double>(height - 1));
    x = std::clamp(x, 0.0, static_cast<double>(width - 1));
    const auto y0 = static_cast<std::int64_t>(y), x0 = static_cast<std::int64_t>(x);
    const std::int64_t y1 = std::min(y0 + 1, height - 1), x1 = std::min(x0 + 1, width - 1);
    const auto fy = static_cast<float>(y - static_cast<double>(y0)),
               fx = static_cast<float>(x - static_cast<double>(x0));
    const float top = plane[y0 * width + x0] * (1 - fx) + plane[y0 * width + x1] * fx;
    const float bottom = plane[y1 * width + x0] * (1 - fx) + plane[y1 * width + x1] * fx;
    return top * (1 - fy) + bottom * fy;
}

void clampToUnit(Pixels& image)
{
    for (float& v : image.values) {
        v = std::clamp(v, 0.f, 1.f);
    }
}

} // namespace reelmend::train
