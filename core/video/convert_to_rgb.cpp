#include <algorithm>
#include <array>
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

// One chroma component as full-width rows.
class ChromaRows {
public:
    ChromaRows(const Frame& frame, int component, const ChromaAxis& horizontal, const ChromaAxis& vertical)
        : frame_(frame)
        , component_(component)
        , plane_(frame.format().components[static_cast<std::size_t>(component)].plane)
        , horizontal_(horizontal)
        , vertical_(vertical)
        , loaded_{PaddedRow(horizontal.chromaCount()), PaddedRow(horizontal.chromaCount())}
        , mixed_(horizontal.chromaCount())
        , full_(2 * horizontal.chromaCount())
    {
        if (horizontal_.block() > 2) {
            full_ = PaddedRow(frame.width());
            taps_.reserve(static_cast<std::size_t>(frame.width()));
            for (int x = 0; x < frame.width(); ++x) {
                taps_.push_back(horizontal_.up(x));
            }
        }
    }

    const float* row(int y)
    {
        const ChromaAxis::Up up = vertical_.up(y);
        const float* values = load(up.first).data();
        if (up.weight != 0 && up.first != up.second) {
            // Loading the second row may reuse the slot that is not up.first's, never up.first's own.
            const float* below = load(up.second).data();
            kernels().blend(values, below, up.weight, mixed_.data(), horizontal_.chromaCount());
            mixed_.repeatEdges();
            values = mixed_.data();
        }
        if (horizontal_.block() == 1) {
            return values;
        }
        if (horizontal_.block() > 2) {
            for (std::size_t x = 0; x < taps_.size(); ++x) {
                const ChromaAxis::Up& t = taps_[x];
                full_.data()[x] = values[t.first] * (1 - t.weight) + values[t.second] * t.weight;
            }
        } else if (horizontal_.siting() == detail::Siting::kCentred) {
            kernels().doubleCentre(values, full_.data(), horizontal_.chromaCount());
        } else {
            kernels().doubleLeft(values, full_.data(), horizontal_.chromaCount());
        }
        return full_.data();
    }

private:
    const PaddedRow& load(int y)
    {
        const auto slot = static_cast<std::size_t>(y & 1); // neighbours never share a slot
        if (row_[slot] != y) {
            const Frame::Plane& plane = frame_.plane(plane_);
            detail::loadSamples(frame_.format(), component_, plane.data + plane.stride * y, loaded_[slot].data(),
                horizontal_.chromaCount());
            loaded_[slot].repeatEdges();
            row_[slot] = y;
        }
        return loaded_[slot];
    }

    const Frame& frame_;
    int component_, plane_;
    ChromaAxis horizontal_, vertical_;
    std::array<PaddedRow, 2> loaded_;
    std::array<int, 2> row_{-1, -1};
    PaddedRow mixed_, full_;
    std::vector<ChromaAxis::Up> taps_;
};

// Rows of a frame as planar R, G, B and alpha, nominal 1 being `top`.
class RgbRows {
public:
    RgbRows(const Frame& frame, double top)
        : frame_(frame)
        , alphaScale_(static_cast<float>(top))
    {
        const Frame::Description& d = frame.description();
        const ColourTags tags = detail::effectiveTags(d);
        const auto width = static_cast<std::size_t>(d.width) + 2; // doubled chroma may be one longer
        for (auto& row : rows_) {
            row.resize(width);
        }
        for (int c = 0; c < 3; ++c) {
            const int component = d.format.model == ColourModel::kGrey ? 0 : c;
            const detail::SampleRange range = detail::colourRange(d.format, component, tags.range);
            offset_[static_cast<std::size_t>(c)] = static_cast<float>(range.offset);
            scale_[static_cast<std::size_t>(c)] = static_cast<float>(top / range.span);
        }
        if (const int alpha = detail::alphaComponent(d.format); alpha >= 0) {
            alphaScale_ = static_cast<float>(top / detail::alphaRange(d.format).span);
        }
        if (d.format.model == ColourModel::kYuv) {
            const detail::ColourMatrix m = detail::colourMatrix(tags.matrix);
            const double chromaScale = top / detail::colourRange(d.format, 1, tags.range).span;
            matrix_ = {offset_[0], scale_[0], offset_[1], {}, {}};
            for (int i = 0; i < 3; ++i) {
                matrix_.fromU[i] = static_cast<float>(m.u[i] * chromaScale);
                matrix_.fromV[i] = static_cast<float>(m.v[i] * chromaScale);
            }
            const ChromaAxis horizontal(
                d.width, d.format.log2ChromaWidth, detail::horizontalSiting(tags.chromaPlace));
            const ChromaAxis vertical(d.height, d.format.log2ChromaHeight, detail::verticalSiting(tags.chromaPlace));
            chroma_.emplace_back(frame, 1, horizontal, vertical);
            chroma_.emplace_back(frame, 2, horizontal, vertical);
        }
    }

    void compute(int y)
    {
        const PixelFormat& format = frame_.format();
        const int width = frame_.width();
        if (format.model == ColourModel::kYuv) {
            load(0, y, rows_[3].data());
            kernels().yuvToRgb(matrix_, rows_[3].data(), chroma_[0].row(y), chroma_[1].row(y), rows_[0].data(),
                rows_[1].data(), rows_[2].data(), width);
            return;
        }
        const std::size_t channels = format.model == ColourModel::kGrey ? 1 : 3;
        for (std::size_t c = 0; c < channels; ++c) {
            load(static_cast<int>(c), y, rows_[c].data());
            kernels().scale(rows_[c].data(), offset_[c], scale_[c], width);
        }
    }

    // Row `y` as packed bytes at once, where its samples allow that (top = 255); false where they do not.
    bool packed(int y, int channels, std::uint8_t* out)
    {
        const PixelFormat& format = frame_.format();
        const PixelFormat::Component& luma = format.components[0];
        if (format.model != ColourModel::kYuv || luma.depth != 8 || luma.shift != 0 || luma.step != 1) {
            return false;
        }
        const Frame::Plane& plane = frame_.plane(luma.plane);
        kernels().yuvToPacked8(matrix_, plane.data + plane.stride * y + luma.offset, chroma_[0].row(y),
            chroma_[1].row(y), channels, out, frame_.width());
        return true;
    }

    // Scaled luma of row `y`.
    const float* luma(int y)
    {
        const PixelFormat& format = frame_.format();
        const int width = frame_.width();
        if (format.model != ColourModel::kRgb) {
            load(0, y, rows_[3].data());
            kernels().scale(rows_[3].data(), offset_[0], scale_[0], width);
            return rows_[3].data();
        }
        compute(y);
        const detail::ColourMatrix m = detail::colourMatrix(detail::effectiveTags(frame_.description()).matrix);
        std::fill(rows_[3].begin(), rows_[3].end(), 0.0F);
        for (std::size_t c = 0; c < 3; ++c) {
            kernels().add(rows_[3].data(), rows_[c].data(), static_cast<float>(m.luma[c]), width);
        }
        return rows_[3].data();
    }

    const float* channel(std::size_t c) const
    {
        return rows_[frame_.format().model == ColourModel::kGrey ? 0 : c].data();
    }

    const float* alpha(int y)
    {
        const int component = detail::alphaComponent(frame_.format());
        if (component < 0) {
            rows_[3].assign(rows_[3].size(), alphaScale_);
        } else {
            load(component, y, rows_[3].data());
            kernels().scale(rows_[3].data(), 0, alphaScale_, frame_.width());
        }
        return rows_[3].data();
    }

private:
    void load(int component, int y, float* out) const
    {
        const int p = frame_.format().components[static_cast<std::size_t>(component)].plane;
        const Frame::Plane& plane = frame_.plane(p);
        detail::loadSamples(frame_.format(), component, plane.data + plane.stride * y, out, frame_.width());
    }

    const Frame& frame_;
    float alphaScale_;
    std::array<float, 3> offset_{}, scale_{};
    detail::ToRgbMatrix matrix_{};
    std::vector<ChromaRows> chroma_;
    std::array<std::vector<float>, 4> rows_;
};

void store(const float* in, std::vector<std::uint8_t>& out, int width)
{
    kernels().store8(in, 255, out.data(), width);
}

void store(const float* in, std::vector<std::uint16_t>& out, int width)
{
    kernels().store16(in, 65535, 0, reinterpret_cast<std::uint8_t*>(out.data()), width);
}

void interleave(const std::array<std::vector<std::uint8_t>, 4>& rows, int channels, std::uint8_t* out, int width)
{
    kernels().interleave8(
        rows[0].data(), rows[1].data(), rows[2].data(), channels == 4 ? rows[3].data() : nullptr, out, width);
}

void interleave(const std::array<std::vector<std::uint16_t>, 4>& rows, int channels, std::uint16_t* out, int width)
{
    kernels().interleave16(
        rows[0].data(), rows[1].data(), rows[2].data(), channels == 4 ? rows[3].data() : nullptr, out, width);
}

void checkChannels(const Frame& frame, int channels)
{
    if (channels != 3 && channels != 4) {
        throw base::Error(base::ErrorKind::kUsage,
            "A picture with " + std::to_string(channels) + " channels cannot be made.",
            "RGB has 3 channels, RGB with alpha has 4.");
    }
    if (frame.isEmpty()) {
        throw base::Error(base::ErrorKind::kUsage, "An empty frame cannot be converted.", "It holds no picture.");
    }
}

template <class T> Image<T> toRgbInteger(const Frame& frame, int channels)
{
    checkChannels(frame, channels);
    const int width = frame.width();
    Image<T> image(width, frame.height(), channels);
    RgbRows rows(frame, static_cast<double>(static_cast<T>(~T{})));
    std::array<std::vector<T>, 4> quantised;
    for (auto& row : quantised) {
        row.resize(static_cast<std::size_t>(width));
    }
    for (int y = 0; y < frame.height(); ++y) {
        rows.compute(y);
        for (std::size_t c = 0; c < 3; ++c) {
            store(rows.channel(c), quantised[c], width);
        }
        if (channels == 4) {
            store(rows.alpha(y), quantised[3], width);
        }
        interleave(quantised, channels, image.row(y), width);
    }
    return image;
}

} // namespace

Image8 toRgb8(const Frame& frame, int channels)
{
    return toRgbInteger<std::uint8_t>(frame, channels);
}

void toPackedRgb8(const Frame& frame, PackedOrder order, std::uint8_t* out, std::ptrdiff_t stride)
{
    checkChannels(frame, 3);
    const int width = frame.width();
    RgbRows rows(frame, 255);
    std::array<std::vector<std::uint8_t>, 4> quantised;
    for (auto& row : quantised) {
        row.assign(static_cast<std::size_t>(width), 255);
    }
    const bool isBgra = order == PackedOrder::kBgra;
    for (int y = 0; y < frame.height(); ++y) {
        if (rows.packed(y, isBgra ? 4 : 3, out + stride * y)) {
            continue;
        }
        rows.compute(y);
        for (std::size_t c = 0; c < 3; ++c) {
            store(rows.channel(c), quantised[isBgra ? 2 - c : c], width);
        }
        interleave(quantised, isBgra ? 4 : 3, out + stride * y, width);
    }
}

Image16 toRgb16(const Frame& frame, int channels)
{
    return toRgbInteger<std::uint16_t>(frame, channels);
}

Image8 toLuma8(const Frame& frame)
{
    checkChannels(frame, 3);
    Image8 image(frame.width(), frame.height(), 1);
    RgbRows rows(frame, 255);
    for (int y = 0; y < frame.height(); ++y) {
        kernels().store8(rows.luma(y), 255, image.row(y), frame.width());
    }
    return image;
}

ImageF toRgbFloat(const Frame& frame, int channels)
{
    checkChannels(frame, channels);
    ImageF image(frame.width(), frame.height(), channels);
    RgbRows rows(frame, 1.0);
    for (int y = 0; y < frame.height(); ++y) {
        rows.compute(y);
        const float* alpha = channels == 4 ? rows.alpha(y) : nullptr;
        kernels().interleaveFloat(
            rows.channel(0), rows.channel(1), rows.channel(2), alpha, image.row(y), frame.width());
    }
    return image;
}

} // namespace reelmend::video
