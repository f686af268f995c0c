#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/video/chroma.h"
#include "core/video/convert.h"
#include "core/video/convert_kernels.h"
#include "core/video/padded_row.h"
#include "core/video/sample_range.h"
#include "core/video/sample_rows.h"

namespace reelmend::video {

namespace {

using detail::ChromaAxis;
using detail::kernels;
using detail::PaddedRow;

constexpr double nominalOne(std::uint8_t)
{
    return 255;
}
constexpr double nominalOne(std::uint16_t)
{
    return 65535;
}
constexpr double nominalOne(float)
{
    return 1;
}

void split(const std::uint8_t* in, int channels, std::array<PaddedRow, 4>& rgba, int width)
{
    kernels().split8(in, channels, rgba[0].data(), rgba[1].data(), rgba[2].data(), rgba[3].data(), width);
}
void split(const std::uint16_t* in, int channels, std::array<PaddedRow, 4>& rgba, int width)
{
    kernels().split16(in, channels, rgba[0].data(), rgba[1].data(), rgba[2].data(), rgba[3].data(), width);
}
void split(const float* in, int channels, std::array<PaddedRow, 4>& rgba, int width)
{
    kernels().splitFloat(in, channels, rgba[0].data(), rgba[1].data(), rgba[2].data(), rgba[3].data(), width);
}

// One full-size chroma component on its way to its plane: every row is narrowed at once, and kept until the last
// chroma row that it counts for is written.
class ChromaWriter {
public:
    ChromaWriter(const ChromaAxis& horizontal, const ChromaAxis& vertical)
        : horizontal_(horizontal)
        , vertical_(vertical)
        , sum_(static_cast<std::size_t>(horizontal.chromaCount()))
    {
        for (auto& row : kept_) {
            row.resize(sum_.size());
        }
    }

    void take(int y, PaddedRow& full)
    {
        full.repeatEdges();
        float* out = kept_[static_cast<std::size_t>(y) % kept_.size()].data();
        const int count = horizontal_.chromaCount();
        const int block = horizontal_.block();
        if (block == 1) {
            std::copy_n(full.data(), count, out);
        } else if (block == 2 && horizontal_.siting() == detail::Siting::kCosited) {
            kernels().halveLeft(full.data(), out, count);
        } else if (block == 2 && horizontal_.siting() == detail::Siting::kCentred) {
            kernels().halveCentre(full.data(), out, count);
        } else {
            for (int i = 0; i < count; ++i) {
                const float* at = full.data() + i * block + horizontal_.firstTap();
                float sum = 0;
                for (std::size_t t = 0; t < horizontal_.taps().size(); ++t) {
                    sum += horizontal_.taps()[t] * at[t];
                }
                out[i] = sum;
            }
        }
    }

    // The next chroma row if luma row `y` was the last that it needs, else null.
    const float* ready(int y)
    {
        const int first = next_ * vertical_.block() + vertical_.firstTap();
        const auto count = static_cast<int>(vertical_.taps().size());
        if (next_ >= vertical_.chromaCount() || vertical_.clampedLuma(first + count - 1) > y) {
            return nullptr;
        }
        std::fill(sum_.begin(), sum_.end(), 0.0F);
        for (int t = 0; t < count; ++t) {
            const auto row = static_cast<std::size_t>(vertical_.clampedLuma(first + t)) % kept_.size();
            kernels().add(sum_.data(), kept_[row].data(), vertical_.taps()[static_cast<std::size_t>(t)],
                static_cast<int>(sum_.size()));
        }
        ++next_;
        return sum_.data();
    }

    int rowsDone() const { return next_; }

private:
    ChromaAxis horizontal_, vertical_;
    std::array<std::vector<float>, 8> kept_; // at least as many as the longest filter has taps
    std::vector<float> sum_;
    int next_ = 0;
};

class Writer {
public:
    Writer(Frame::Description description, double nominal)
        : tags_(detail::effectiveTags(description))
        , builder_(std::move(description))
    {
        const Frame::Description& d = builder_.description();
        for (int p = 0; p < d.format.planeCount; ++p) {
            if (detail::needsClearing(d.format, p)) {
                const auto bytes = static_cast<std::size_t>(d.format.planeWidthBytes(p, d.width));
                for (int y = 0; y < d.format.planeHeight(p, d.height); ++y) {
                    std::memset(builder_.row(p, y), 0, bytes);
                }
            }
        }
        makeMatrix(nominal);
        if (d.format.model == ColourModel::kYuv) {
            const ChromaAxis horizontal(
                d.width, d.format.log2ChromaWidth, detail::horizontalSiting(tags_.chromaPlace));
            const ChromaAxis vertical(d.height, d.format.log2ChromaHeight, detail::verticalSiting(tags_.chromaPlace));
            chroma_.emplace_back(horizontal, vertical);
            chroma_.emplace_back(horizontal, vertical);
        }
        for (int i = 0; i < 3; ++i) {
            out_.emplace_back(d.width);
        }
    }

    const Frame::Description& description() const { return builder_.description(); }

    void writeRow(int y, const std::array<PaddedRow, 4>& rgb)
    {
        const PixelFormat& format = description().format;
        const int width = description().width;
        kernels().rgbToYuv(matrix_, rgb[0].data(), rgb[1].data(), rgb[2].data(), out_[0].data(), out_[1].data(),
            out_[2].data(), width);
        store(0, y, out_[0].data());
        if (format.model == ColourModel::kRgb) {
            store(1, y, out_[1].data());
            store(2, y, out_[2].data());
        } else if (format.model == ColourModel::kYuv) {
            for (int c = 0; c < 2; ++c) {
                ChromaWriter& chroma = chroma_[static_cast<std::size_t>(c)];
                chroma.take(y, out_[static_cast<std::size_t>(c + 1)]);
                while (const float* row = chroma.ready(y)) {
                    store(c + 1, chroma.rowsDone() - 1, row);
                }
            }
        }
    }

    // `alpha` in units where `nominal` is opaque.
    void writeAlpha(int y, PaddedRow& alpha, double nominal)
    {
        const double span = detail::alphaRange(description().format).span;
        kernels().scale(alpha.data(), 0, static_cast<float>(span / nominal), description().width);
        store(detail::alphaComponent(description().format), y, alpha.data());
    }

    Frame finish() { return builder_.finish(); }

private:
    void makeMatrix(double nominal)
    {
        const PixelFormat& format = description().format;
        const detail::ColourMatrix m = detail::colourMatrix(tags_.matrix);
        for (std::size_t c = 0; c < 3; ++c) {
            const int component = format.model == ColourModel::kGrey ? 0 : static_cast<int>(c);
            const detail::SampleRange range = detail::colourRange(format, component, tags_.range);
            matrix_.offset[c] = static_cast<float>(range.offset);
            for (std::size_t i = 0; i < 3; ++i) {
                const double weight = format.model == ColourModel::kRgb ? (c == i ? 1.0 : 0.0)
                                      : c == 0                          ? m.luma[i]
                                      : c == 1                          ? m.cb[i]
                                                                        : m.cr[i];
                matrix_.row[c][i] = static_cast<float>(weight * range.span / nominal);
            }
        }
    }

    void store(int component, int y, const float* values)
    {
        const PixelFormat& format = description().format;
        const int plane = format.components[static_cast<std::size_t>(component)].plane;
        detail::storeSamples(
            format, component, values, builder_.row(plane, y), format.componentWidth(component, description().width));
    }

    ColourTags tags_;
    FrameBuilder builder_;
    detail::FromRgbMatrix matrix_{};
    std::vector<ChromaWriter> chroma_;
    std::vector<PaddedRow> out_;
};

template <class T> Frame makeFrame(const Image<T>& rgb, Frame::Description description)
{
    if (rgb.channels != 3 && rgb.channels != 4) {
        throw base::Error(base::ErrorKind::kUsage,
            "A frame cannot be made of a picture with " + std::to_string(rgb.channels) + " channels.",
            "RGB has 3 channels, RGB with alpha has 4.");
    }
    description.width = rgb.width;
    description.height = rgb.height;
    const double nominal = nominalOne(T{});
    Writer writer(std::move(description), nominal);
    std::array<PaddedRow, 4> rgba{
        PaddedRow(rgb.width), PaddedRow(rgb.width), PaddedRow(rgb.width), PaddedRow(rgb.width)};
    for (int y = 0; y < rgb.height; ++y) {
        split(rgb.row(y), rgb.channels, rgba, rgb.width);
        writer.writeRow(y, rgba);
        if (writer.description().format.hasAlpha) {
            if (rgb.channels == 3) {
                std::fill_n(rgba[3].data(), rgb.width, static_cast<float>(nominal));
            }
            writer.writeAlpha(y, rgba[3], nominal);
        }
    }
    return writer.finish();
}

} // namespace

Frame fromRgb(const ImageF& rgb, Frame::Description description)
{
    return makeFrame(rgb, std::move(description));
}

Frame fromRgb(const Image8& rgb, Frame::Description description)
{
    return makeFrame(rgb, std::move(description));
}

Frame fromRgb(const Image16& rgb, Frame::Description description)
{
    return makeFrame(rgb, std::move(description));
}

} // namespace reelmend::video
