#include "core/media/display_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>

#include "core/video/convert.h"

namespace reelmend::media {

namespace {

// Turns packed pixels clockwise by a multiple of 90 degrees.
template <int Bytes> void turnPixels(const AVFrame& from, AVFrame& to, int degrees)
{
    for (int y = 0; y < to.height; ++y) {
        std::uint8_t* row = to.data[0] + static_cast<std::ptrdiff_t>(y) * to.linesize[0];
        for (int x = 0; x < to.width; ++x) {
            int fromX = to.width - 1 - x; // 180
            int fromY = to.height - 1 - y;
            if (degrees == 90) {
                fromX = y;
                fromY = from.height - 1 - x;
            } else if (degrees == 270) {
                fromX = from.width - 1 - y;
                fromY = x;
            }
            std::memcpy(row + x * Bytes,
                from.data[0] + static_cast<std::ptrdiff_t>(fromY) * from.linesize[0] + fromX * Bytes, Bytes);
        }
    }
}

FramePtr turned(const AVFrame& frame, int degrees)
{
    FramePtr result = makeFrame();
    result->format = frame.format;
    result->width = degrees == 180 ? frame.width : frame.height;
    result->height = degrees == 180 ? frame.height : frame.width;
    if (const int code = av_frame_get_buffer(result.get(), 64); code < 0) {
        throw ffmpegError(base::ErrorKind::kFailed, "A picture cannot be turned.", code);
    }
    av_frame_copy_props(result.get(), &frame);
    if (frame.format == AV_PIX_FMT_RGB24) {
        turnPixels<3>(frame, *result, degrees);
    } else {
        turnPixels<4>(frame, *result, degrees);
    }
    return result;
}

video::ColourTags displayTags(video::ColourTags tags)
{
    tags.matrix = video::Matrix::kRgb;
    tags.range = video::ColourRange::kFull;
    return tags;
}

} // namespace

DisplayPicture::DisplayPicture(const video::ClipInfo& info, bool isBgra, int threads)
    : displayWidth_(std::max(1, info.displayWidth()))
    , displayHeight_(std::max(1, info.displayHeight()))
    , rotation_(info.header.rotationDegrees)
    , width_(displayWidth_)
    , height_(displayHeight_)
    , format_(isBgra ? AV_PIX_FMT_BGRA : AV_PIX_FMT_RGB24)
    , scaler_(Scaler::Use::kDisplay, threads)
{}

void DisplayPicture::setMaximumSize(int width, int height)
{
    double scale = 1e9;
    scale = width > 0 ? std::min(scale, static_cast<double>(width) / displayWidth_) : scale;
    scale = height > 0 ? std::min(scale, static_cast<double>(height) / displayHeight_) : scale;
    if (width <= 0 && height <= 0) {
        scale = 1;
    }
    width_ = std::clamp(static_cast<int>(std::lround(displayWidth_ * scale)), 1, 32768);
    height_ = std::clamp(static_cast<int>(std::lround(displayHeight_ * scale)), 1, 32768);
}

FramePtr DisplayPicture::emptyPicture(const AVFrame& like, int width, int height)
{
    const int pixelBytes = format_ == AV_PIX_FMT_BGRA ? 4 : 3;
    const int stride = (width * pixelBytes + 63) / 64 * 64;
    const std::size_t bytes = static_cast<std::size_t>(stride) * static_cast<std::size_t>(height) + 64;
    if (!pool_ || poolBytes_ != bytes) {
        pool_.reset(av_buffer_pool_init(bytes, nullptr));
        poolBytes_ = bytes;
    }
    FramePtr picture = makeFrame();
    picture->format = format_;
    picture->width = width;
    picture->height = height;
    picture->buf[0] = pool_ ? av_buffer_pool_get(pool_.get()) : nullptr;
    if (!picture->buf[0]) {
        throw ffmpegError(base::ErrorKind::kOutOfMemory, "A picture cannot be shown.", AVERROR(ENOMEM));
    }
    picture->data[0] = picture->buf[0]->data;
    picture->linesize[0] = stride;
    setTags(*picture, displayTags(tagsOf(like)));
    picture->flags |= like.flags & AV_FRAME_FLAG_CORRUPT;
    return picture;
}

// At full size people look at single pixels: the same exact conversion that everything else uses.
FramePtr DisplayPicture::exact(const AVFrame& frame)
{
    FramePtr picture = emptyPicture(frame, frame.width, frame.height);
    const video::PackedOrder order =
        format_ == AV_PIX_FMT_BGRA ? video::PackedOrder::kBgra : video::PackedOrder::kRgb;
    video::toPackedRgb8(wrapFrame(frame, {}), order, picture->data[0], picture->linesize[0]);
    return picture;
}

FramePtr DisplayPicture::throughTransform(const AVFrame& frame, int width, int height)
{
    FramePtr picture = emptyPicture(frame, width, height);
    const video::PackedOrder order =
        format_ == AV_PIX_FMT_BGRA ? video::PackedOrder::kBgra : video::PackedOrder::kRgb;
    const auto mapRows = [&](const auto& rowOf) {
        for (int y = 0; y < height; ++y) {
            map_->row(
                rowOf(y), width, order, picture->data[0] + static_cast<std::ptrdiff_t>(y) * picture->linesize[0]);
        }
    };
    if (frame.width == width && frame.height == height) {
        const video::Image16 deep = video::toRgb16(wrapFrame(frame, {}));
        mapRows([&deep](int y) { return deep.row(y); });
    } else {
        const FramePtr deep = scaler_.convert(frame, AV_PIX_FMT_RGB48LE, width, height);
        mapRows([&deep](int y) {
            return reinterpret_cast<const std::uint16_t*>(
                deep->data[0] + static_cast<std::ptrdiff_t>(y) * deep->linesize[0]);
        });
    }
    // What is on the screen is sRGB, whatever the clip is.
    video::ColourTags tags = displayTags(tagsOf(frame));
    tags.transfer = video::Transfer::kSrgb;
    tags.primaries = video::Primaries::kBt709;
    setTags(*picture, tags);
    return picture;
}

video::Frame DisplayPicture::make(const AVFrame& frame, const video::FrameTime& time)
{
    const bool isSideways = rotation_ % 180 != 0;
    const int width = isSideways ? height_ : width_;
    const int height = isSideways ? width_ : height_;
    const bool isFullSize = frame.width == width && frame.height == height;
    const video::ColourTags tags = tagsOf(frame);
    const bool isFloat = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format))->flags & AV_PIX_FMT_FLAG_FLOAT;
    const video::DisplayTransform transform = video::displayTransform(tags, isFloat);
    FramePtr picture;
    if (transform != video::DisplayTransform::kNone) {
        if (!map_ || transform != transform_ || tags.primaries != primaries_) {
            map_ = std::make_unique<video::ScreenMap>(transform, tags.primaries);
            transform_ = transform;
            primaries_ = tags.primaries;
        }
        picture = throughTransform(frame, width, height);
    } else {
        picture = isFullSize ? exact(frame) : scaler_.convert(frame, format_, width, height);
    }
    if (rotation_ != 0) {
        picture = turned(*picture, rotation_);
    }
    return wrapFrame(*picture, time);
}

video::Frame concealed(const video::Frame& frame)
{
    video::Frame::Description description = frame.description();
    description.isConcealed = true;
    std::array<video::Frame::Plane, 4> planes{};
    for (int p = 0; p < frame.format().planeCount; ++p) {
        planes[static_cast<std::size_t>(p)] = frame.plane(p);
    }
    return {std::move(description), planes, std::make_shared<const video::Frame>(frame)};
}

} // namespace reelmend::media
