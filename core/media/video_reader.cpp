#include "core/media/video_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/media/clip_file.h"
#include "core/media/display_picture.h"
#include "core/media/frame_decoder.h"

namespace reelmend::media {

struct VideoReader::Private {
    ReaderOptions options;
    video::ClipInfo info;
    PacketIndex index;
    std::unique_ptr<FrameDecoder> decoder;
    std::unique_ptr<DisplayPicture> display; // none for native output
    std::unique_ptr<Scaler> resizer;         // for streams that change their size
    std::optional<video::PixelFormat> nativeFormat;
    std::optional<Sequence> sequence; // of numbered pictures

    video::FrameTime time(std::int64_t i) const
    {
        return {index.frames[static_cast<std::size_t>(i)].pts, index.duration(i), index.timeBase};
    }
    FramePtr atClipSize(const AVFrame& frame, std::int64_t i);
};

// A clip has one size. Streams that change theirs in the middle are scaled, as players do; a numbered picture of
// another size is a mistake that somebody has to look at.
FramePtr VideoReader::Private::atClipSize(const AVFrame& frame, std::int64_t i)
{
    if (sequence) {
        throw base::Error(base::ErrorKind::kInput,
            "Picture " + quoted(sequence->file(i).filename()) + " cannot be used.",
            "It is " + std::to_string(frame.width) + "x" + std::to_string(frame.height) +
                " pixels large, the first is " + std::to_string(info.header.width) + "x" +
                std::to_string(info.header.height) + ".",
            "Make all pictures the same size.");
    }
    if (!resizer) {
        resizer = std::make_unique<Scaler>(Scaler::Use::kExact);
    }
    return resizer->convert(
        frame, simpleFormat(static_cast<AVPixelFormat>(frame.format)), info.header.width, info.header.height);
}

VideoReader::VideoReader(std::unique_ptr<Private> d)
    : d_(std::move(d))
{}

VideoReader::~VideoReader() = default;

std::unique_ptr<VideoReader> VideoReader::open(const std::filesystem::path& path, const ReaderOptions& options)
{
    auto d = std::make_unique<Private>();
    d->options = options;
    ClipFile clip = openClip(path, options.sequenceRate, options.control);
    d->index = indexOf(clip, options.control, options.scanProgress, options.useCache);
    describeScan(clip.info, d->index, clip);
    d->info = clip.info;
    d->sequence = clip.sequence;
    FrameDecoder::Settings settings{options.threads, options.backwardBytes, options.control, nullptr};
    if (options.useHardware && options.threads != 1 && clip.input) { // one thread: thumbnails, not worth a device
        settings.hardware = findHardwareDecoding(*clip.input->streams[clip.stream]->codecpar);
    }
    InputPtr input = std::move(clip.input);
    d->decoder = FrameDecoder::open(clip, std::move(input), d->index, std::move(settings));
    if (options.output != ReaderOptions::Output::kNative) {
        const bool isBgra = options.output == ReaderOptions::Output::kDisplayBgra;
        d->display = std::make_unique<DisplayPicture>(d->info, isBgra, threadCount(options.threads));
        d->display->setMaximumSize(options.maximumWidth, options.maximumHeight);
    }
    return std::unique_ptr<VideoReader>(new VideoReader(std::move(d)));
}

const video::ClipInfo& VideoReader::info() const
{
    return d_->info;
}

std::int64_t VideoReader::frameCount() const
{
    return static_cast<std::int64_t>(d_->index.frames.size());
}

video::Frame VideoReader::frame(std::int64_t i)
{
    if (i < 0 || i >= frameCount()) {
        throw base::Error(base::ErrorKind::kUsage, "Frame " + std::to_string(i) + " does not exist.",
            "The clip has " + std::to_string(frameCount()) + " frames.");
    }
    const AVFrame* decoded = d_->decoder->frame(i);
    if (!decoded) {
        throw base::Error(base::ErrorKind::kInput,
            "Frame " + std::to_string(i) + " of \"" + d_->info.path + "\" cannot be decoded.",
            "Its data is damaged, and so is that around it.", "Check the clip in another program.");
    }
    FramePtr resized;
    if (decoded->width != d_->info.header.width || decoded->height != d_->info.header.height) {
        resized = d_->atClipSize(*decoded, i);
        decoded = resized.get();
    }
    const video::FrameTime time = d_->time(i);
    const bool isBroken = d_->index.frames[static_cast<std::size_t>(i)].isBroken;
    video::Frame frame = d_->display ? d_->display->make(*decoded, time) : wrapFrame(*decoded, time);
    return isBroken ? concealed(frame) : frame;
}

video::FrameTime VideoReader::time(std::int64_t i) const
{
    return d_->time(std::clamp<std::int64_t>(i, 0, frameCount() - 1));
}

std::int64_t VideoReader::frameAt(double seconds) const
{
    const double ticks = seconds / d_->index.timeBase.value();
    const auto after = std::upper_bound(d_->index.frames.begin(), d_->index.frames.end(), ticks,
        [](double wanted, const PacketIndex::Frame& frame) { return wanted < static_cast<double>(frame.pts); });
    return std::max<std::int64_t>(0, after - d_->index.frames.begin() - 1);
}

const video::PixelFormat& VideoReader::nativeFormat()
{
    if (!d_->nativeFormat) {
        const AVFrame* decoded = d_->decoder->frame(0);
        d_->nativeFormat.emplace();
        if (!decoded ||
            !describeFormat(simpleFormat(static_cast<AVPixelFormat>(decoded->format)), *d_->nativeFormat)) {
            d_->nativeFormat.reset();
            throw base::Error(base::ErrorKind::kInput, "\"" + d_->info.path + "\" cannot be decoded.",
                "Its first frame is damaged or of a kind that cannot be unpacked.");
        }
    }
    return *d_->nativeFormat;
}

void VideoReader::setMaximumSize(int width, int height)
{
    if (d_->display) {
        d_->display->setMaximumSize(width, height);
    }
}

VideoReader::Statistics VideoReader::statistics() const
{
    return {d_->decoder->decodedFrames(), d_->decoder->seeks(), d_->decoder->usesHardware()};
}

} // namespace reelmend::media
