#include "core/media/format_converter.h"

#include <algorithm>

#include "core/video/convert.h"

namespace reelmend::media {

video::ColourTags fileTags(video::ColourTags tags, AVPixelFormat stored, int width, int height)
{
    video::PixelFormat format;
    describeFormat(stored, format);
    if (format.model == video::ColourModel::kRgb) {
        tags.matrix = video::Matrix::kRgb;
        tags.range = video::ColourRange::kUnspecified;
    } else if (format.model == video::ColourModel::kYuv && tags.matrix == video::Matrix::kRgb) {
        tags.matrix = video::effectiveTags(tags, width, height, true).matrix;
        tags.range = video::ColourRange::kLimited;
    }
    return tags;
}

video::ColourTags jpegTags(video::ColourTags tags)
{
    tags.matrix = video::Matrix::kBt470bg;
    tags.range = video::ColourRange::kFull;
    return tags;
}

namespace {

bool isCodedLikeJpeg(const video::Frame& frame)
{
    const video::ColourTags tags = video::effectiveTags(
        frame.colour(), frame.width(), frame.height(), frame.format().model == video::ColourModel::kYuv);
    return tags.range == video::ColourRange::kFull &&
           (tags.matrix == video::Matrix::kBt470bg || tags.matrix == video::Matrix::kSmpte170m);
}

} // namespace

video::Frame FormatConverter::convert(const video::Frame& frame, AVPixelFormat stored, const video::ColourTags& tags)
{
    const bool isRecoded = isForJpeg_ && !isCodedLikeJpeg(frame);
    if (avFormat(frame.format()) == stored && !isRecoded) {
        return frame;
    }
    video::Frame::Description made = frame.description();
    describeFormat(stored, made.format);
    made.colour = fileTags(tags, stored, frame.width(), frame.height());
    if (made.format.model != frame.format().model || isRecoded) {
        // Through RGB: exact, and chroma where it belongs.
        const int channels = made.format.hasAlpha && frame.format().hasAlpha ? 4 : 3;
        if (made.format.isFloat || frame.format().isFloat) {
            return video::fromRgb(video::toRgbFloat(frame, channels), made);
        }
        if (std::max(made.format.depth(), frame.format().depth()) > 8) {
            return video::fromRgb(video::toRgb16(frame, channels), made);
        }
        return video::fromRgb(video::toRgb8(frame, channels), made);
    }
    const FramePtr converted = scaler_.convert(*referFrame(frame), stored, frame.width(), frame.height());
    return wrapFrame(*converted, frame.time()).withColour(made.colour);
}

FramePtr FormatConverter::forEncoder(const video::Frame& frame, AVPixelFormat encoderFormat)
{
    FramePtr given = referFrame(frame);
    const auto format = static_cast<AVPixelFormat>(given->format);
    if (format == encoderFormat) {
        return given;
    }
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(encoderFormat);
    if (!(d->flags & AV_PIX_FMT_FLAG_BE)) { // "yuvj": the same samples under another name
        given->format = encoderFormat;
        return given;
    }
    return scaler_.convert(*given, encoderFormat, given->width, given->height);
}

} // namespace reelmend::media
