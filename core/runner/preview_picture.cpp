#include "core/runner/preview_picture.h"

#include <cmath>
#include <string>

#include "core/media/filter_graph.h"
#include "core/media/picture.h"
#include "core/runner/turning.h"
#include "core/video/convert.h"
#include "core/video/display_transform.h"

namespace reelmend::runner {

namespace {

std::string squaring(const video::Frame& frame, base::Rational aspect)
{
    if (!aspect.isPositive() || aspect.num == aspect.den) {
        return {};
    }
    const double value = aspect.value();
    const auto width = std::lround(frame.width() * std::max(1.0, value));
    const auto height = std::lround(frame.height() * std::max(1.0, 1 / value));
    return "scale=" + std::to_string(width) + ":" + std::to_string(height) + ":flags=bicubic";
}

} // namespace

void writePreview(const std::filesystem::path& path, const video::Frame& frame, const video::ClipHeader& header)
{
    video::Frame upright = frame;
    for (const std::string& filter : {squaring(frame, header.pixelAspect), turningFilter(header.rotationDegrees)}) {
        if (!filter.empty()) {
            upright = media::filterFrame(upright, filter);
        }
    }
    // A preview is there to be looked at, beside the clip as the window shows it.
    if (displayTransform(frame.colour(), frame.format().isFloat) != video::DisplayTransform::kNone) {
        media::writePng(path, toScreen8(upright.withColour(frame.colour())));
    } else if (upright.format().depth() > 8) {
        media::writePng(path, toRgb16(upright));
    } else {
        media::writePng(path, toRgb8(upright));
    }
}

} // namespace reelmend::runner
