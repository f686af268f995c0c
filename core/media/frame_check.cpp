#include <utility>

#include "core/media/clip_file.h"
#include "core/media/frame_decoder.h"

namespace reelmend::media {

void checkFrames(
    const ClipFile& clip, PacketIndex& index, const base::Control* control, const Progress& progress, bool useCache)
{
    const PacketIndex known = index; // the decoder must not see what is being noted
    InputPtr input = clip.sequence ? nullptr : openForOneStream(clip.path, clip.stream, control);
    FrameDecoder::Settings settings;
    settings.control = control;
    settings.tellsDamage = true;
    const auto decoder = FrameDecoder::open(clip, std::move(input), known, std::move(settings));
    const auto count = static_cast<std::int64_t>(index.frames.size());
    for (std::int64_t i = 0; i < count; ++i) {
        const AVFrame* frame = decoder->frame(i);
        PacketIndex::Frame& noted = index.frames[static_cast<std::size_t>(i)];
        const bool isDamaged = !frame || (frame->flags & AV_FRAME_FLAG_CORRUPT) || frame->decode_error_flags;
        noted.isBroken = noted.isBroken || isDamaged;
        const bool isOtherSize =
            frame && (frame->width != clip.info.header.width || frame->height != clip.info.header.height);
        if (isOtherSize && index.otherSizeFrom < 0) {
            index.otherSizeFrom = i;
            index.otherWidth = frame->width;
            index.otherHeight = frame->height;
        }
        if (progress && (i % 16 == 0 || i + 1 == count)) {
            progress(static_cast<double>(i + 1) / static_cast<double>(count));
        }
    }
    index.wasChecked = true;
    if (useCache && !clip.sequence) {
        cacheIndex(clip.path, clip.stream, index);
    }
}

} // namespace reelmend::media
