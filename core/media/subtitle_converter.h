#pragma once
#include "core/media/ffmpeg.h"

namespace reelmend::media {

// Text subtitles from one container's form to another's: SubRip, ASS, WebVTT, MP4 timed text. Internal.
class SubtitleConverter {
public:
    // Form of text subtitles that a container holds; AV_CODEC_ID_NONE for none, or for pictures as subtitles.
    static AVCodecID formFor(const AVOutputFormat& format, AVCodecID source);

    // Throws Error(kUnavailable or kInput).
    SubtitleConverter(const AVStream& source, AVCodecID form);
    void describe(AVStream* output) const;
    // The packet's text in the new form; false when there is none to show.
    bool convert(AVPacket* packet);

private:
    CodecPtr decoder_, encoder_;
};

} // namespace reelmend::media
