#pragma once
#include <filesystem>
#include <optional>

#include "core/media/ffmpeg.h"
#include "core/media/packet_index.h"
#include "core/media/sequence.h"
#include "core/video/clip_info.h"

namespace reelmend::media {

// A clip opened for reading, whichever way it is stored. Internal.
struct ClipFile {
    std::filesystem::path path;
    video::ClipInfo info;             // header only
    InputPtr input;                   // a file; else empty
    int stream = -1;                  // the footage in it
    std::optional<Sequence> sequence; // numbered pictures, or a single one
    AVCodecID pictureCodec = AV_CODEC_ID_NONE;
    base::Rational sequenceRate;
    bool isStill = false; // one picture that is no sequence
};

// A pipe or a device would be waited for without end, or read for ever. Throws Error(kInput).
void refuseSpecialFile(const std::filesystem::path& path);

ClipFile openClip(const std::filesystem::path& path, base::Rational sequenceRate, const base::Control* control);
// Index of whichever kind it is.
PacketIndex indexOf(const ClipFile& clip, const base::Control* control, const Progress& progress, bool useCache);
// Decodes every frame in order and notes in `index` which are damaged, in an opening of its own; keeps that in the
// cache when asked to.
void checkFrames(
    const ClipFile& clip, PacketIndex& index, const base::Control* control, const Progress& progress, bool useCache);
// Sets info.scan from the index, with the remarks.
void describeScan(video::ClipInfo& info, const PacketIndex& index, const ClipFile& clip);

video::ClipHeader headerOf(const AVFormatContext& input, int stream);
// The first picture that comes out of a decoder; null where none does. Throws as openDecoder() does.
FramePtr firstFrame(const std::filesystem::path& path, int stream);
int rotationOf(const AVStream& stream); // degrees clockwise: 0, 90, 180, 270

} // namespace reelmend::media
