#include "core/media/picture.h"

#include <cstring>
#include <utility>

#include "core/base/files.h"
#include "core/media/av_frame.h"
#include "core/media/luma.h"
#include "core/media/sequence.h"
#include "core/video/convert.h"

namespace reelmend::media {

namespace {

void refuseChannels(int channels)
{
    if (channels != 1 && channels != 3 && channels != 4) {
        throw base::Error(base::ErrorKind::kUsage, "A picture cannot be read.", "It can have 1, 3 or 4 channels.");
    }
}

template <class T> AVPixelFormat pngFormat(int channels)
{
    constexpr bool isDeep = sizeof(T) == 2;
    switch (channels) {
    case 1:
        return isDeep ? AV_PIX_FMT_GRAY16BE : AV_PIX_FMT_GRAY8;
    case 2:
        return isDeep ? AV_PIX_FMT_YA16BE : AV_PIX_FMT_YA8;
    case 3:
        return isDeep ? AV_PIX_FMT_RGB48BE : AV_PIX_FMT_RGB24;
    case 4:
        return isDeep ? AV_PIX_FMT_RGBA64BE : AV_PIX_FMT_RGBA;
    default:
        return AV_PIX_FMT_NONE;
    }
}

void copyRow(const std::uint8_t* from, std::uint8_t* to, int count)
{
    std::memcpy(to, from, static_cast<std::size_t>(count));
}

void copyRow(const std::uint16_t* from, std::uint8_t* to, int count)
{
    for (int i = 0; i < count; ++i) { // PNG is big endian
        to[2 * i] = static_cast<std::uint8_t>(from[i] >> 8);
        to[2 * i + 1] = static_cast<std::uint8_t>(from[i] & 0xff);
    }
}

template <class T> void writePngOf(const std::filesystem::path& path, const video::Image<T>& image)
{
    quietFfmpeg();
    const std::string what = quoted(path) + " cannot be written.";
    const AVPixelFormat format = pngFormat<T>(image.channels);
    if (image.empty() || format == AV_PIX_FMT_NONE) {
        throw base::Error(base::ErrorKind::kUsage, what, "A PNG has 1 to 4 channels and at least one pixel.");
    }
    FramePtr frame = makeFrame();
    frame->format = format;
    frame->width = image.width;
    frame->height = image.height;
    frame->pts = 0;
    int code = av_frame_get_buffer(frame.get(), 0);
    const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
    CodecPtr encoder(codec ? avcodec_alloc_context3(codec) : nullptr);
    if (code < 0 || !encoder) {
        throw ffmpegError(base::ErrorKind::kOutput, what, code < 0 ? code : AVERROR_ENCODER_NOT_FOUND);
    }
    for (int y = 0; y < image.height; ++y) {
        copyRow(image.row(y), frame->data[0] + static_cast<std::ptrdiff_t>(y) * frame->linesize[0],
            image.width * image.channels);
    }
    encoder->width = image.width;
    encoder->height = image.height;
    encoder->pix_fmt = format;
    encoder->time_base = {1, 1};
    encoder->thread_count = 1;
    encoder->compression_level = 4;
    PacketPtr packet = makePacket();
    code = avcodec_open2(encoder.get(), codec, nullptr);
    code = code < 0 ? code : avcodec_send_frame(encoder.get(), frame.get());
    code = code < 0 ? code : avcodec_receive_packet(encoder.get(), packet.get());
    if (code < 0) {
        throw ffmpegError(base::ErrorKind::kOutput, what, code);
    }
    base::writeFileAtomically(
        path, {reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)});
}

} // namespace

video::Frame readPicture(const std::filesystem::path& path)
{
    const FramePtr frame = decodePicture(path);
    return wrapFrame(*frame, {0, 1, {1, 1}});
}

video::Image8 readPicture8(const std::filesystem::path& path, int channels)
{
    refuseChannels(channels);
    const video::Frame frame = readPicture(path);
    if (channels != 1) {
        return video::toRgb8(frame, channels);
    }
    const video::ImageF luma = lumaOf(frame);
    video::Image8 image(luma.width, luma.height, 1);
    for (std::size_t i = 0; i < luma.pixels.size(); ++i) {
        image.pixels[i] = static_cast<std::uint8_t>(roundedTo(luma.pixels[i], 255));
    }
    return image;
}

video::Image16 readPicture16(const std::filesystem::path& path, int channels)
{
    refuseChannels(channels);
    const video::Frame frame = readPicture(path);
    return channels == 1 ? lumaMask(frame) : video::toRgb16(frame, channels);
}

video::ImageF readPictureFloat(const std::filesystem::path& path, int channels)
{
    refuseChannels(channels);
    const video::Frame frame = readPicture(path);
    return channels == 1 ? lumaOf(frame) : video::toRgbFloat(frame, channels);
}

void writePng(const std::filesystem::path& path, const video::Image8& image)
{
    writePngOf(path, image);
}

void writePng(const std::filesystem::path& path, const video::Image16& image)
{
    writePngOf(path, image);
}

} // namespace reelmend::media
