#include "core/video/convert.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/base/error.h"
#include "core/video/chroma.h"
#include "core/video/sample_range.h"
#include "core/video/sample_rows.h"

namespace reelmend::video {

namespace {

using Selection = std::vector<std::uint8_t>; // one entry per sample of a row: 1 = made's, 0 = source's

bool selectAll(const Mask& changed, int y, Selection& selected)
{
    const std::uint16_t* mask = changed.row(y);
    bool any = false;
    for (std::size_t x = 0; x < selected.size(); ++x) {
        selected[x] = mask[x] > 0 ? 1 : 0;
        any = any || mask[x] > 0;
    }
    return any;
}

// A chroma sample is selected where every pixel that it serves may change.
class ChromaSelection {
public:
    ChromaSelection(const Mask& changed, const PixelFormat& format, ColourTags tags)
        : changed_(changed)
        , horizontal_(changed.width, format.log2ChromaWidth, detail::horizontalSiting(tags.chromaPlace))
        , vertical_(changed.height, format.log2ChromaHeight, detail::verticalSiting(tags.chromaPlace))
        , column_(static_cast<std::size_t>(changed.width))
    {
        for (int i = 0; i < horizontal_.chromaCount(); ++i) {
            spans_.push_back(horizontal_.servedBy(i));
        }
    }

    bool select(int chromaY, Selection& selected)
    {
        const detail::ChromaAxis::Span rows = vertical_.servedBy(chromaY);
        std::fill(column_.begin(), column_.end(), std::uint8_t{1});
        for (int y = rows.begin; y < rows.end; ++y) {
            const std::uint16_t* mask = changed_.row(y);
            for (std::size_t x = 0; x < column_.size(); ++x) {
                column_[x] = mask[x] > 0 ? column_[x] : std::uint8_t{0};
            }
        }
        bool any = false;
        for (std::size_t i = 0; i < selected.size(); ++i) {
            std::uint8_t all = 1;
            for (int x = spans_[i].begin; x < spans_[i].end; ++x) {
                all &= column_[static_cast<std::size_t>(x)];
            }
            selected[i] = all;
            any = any || all != 0;
        }
        return any;
    }

private:
    const Mask& changed_;
    detail::ChromaAxis horizontal_, vertical_;
    std::vector<detail::ChromaAxis::Span> spans_;
    Selection column_;
};

void check(const Frame& made, const Frame& source, const Mask& changed)
{
    const auto refuse = [](const char* why) {
        throw base::Error(base::ErrorKind::kUsage, "Unchanged samples cannot be taken over from the source.", why);
    };
    if (made.isEmpty() || source.isEmpty()) {
        refuse("One of the two frames is empty.");
    }
    if (made.format() != source.format()) {
        refuse("The two frames have different pixel formats.");
    }
    if (made.width() != source.width() || made.height() != source.height()) {
        refuse("The two frames have different sizes.");
    }
    if (changed.width != made.width() || changed.height != made.height() || changed.channels != 1) {
        refuse("The mask does not have the frames' size.");
    }
}

} // namespace

Frame keepNativeSamples(const Frame& made, const Frame& source, const Mask& changed)
{
    check(made, source, changed);
    const PixelFormat& format = made.format();
    FrameBuilder builder(made.description());
    for (int p = 0; p < format.planeCount; ++p) {
        const auto bytes = static_cast<std::size_t>(format.planeWidthBytes(p, made.width()));
        for (int y = 0; y < format.planeHeight(p, made.height()); ++y) {
            std::memcpy(builder.row(p, y), source.plane(p).data + source.plane(p).stride * y, bytes);
        }
    }
    ChromaSelection chroma(changed, format, detail::effectiveTags(source.description()));
    for (int c = 0; c < format.componentCount; ++c) {
        const int p = format.components[static_cast<std::size_t>(c)].plane;
        const int width = format.componentWidth(c, made.width());
        Selection selected(static_cast<std::size_t>(width));
        for (int y = 0; y < format.componentHeight(c, made.height()); ++y) {
            const bool any = format.isChroma(c) ? chroma.select(y, selected) : selectAll(changed, y, selected);
            if (any) {
                detail::replaceSamples(format, c, made.plane(p).data + made.plane(p).stride * y, selected.data(),
                    builder.row(p, y), width);
            }
        }
    }
    return builder.finish();
}

} // namespace reelmend::video
