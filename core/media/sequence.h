#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/media/ffmpeg.h"

namespace reelmend::media {

// Numbered pictures "prefix0001suffix" in one folder. Internal.
class Sequence {
public:
    std::filesystem::path folder;
    std::string prefix, suffix;        // around the number, UTF-8; the suffix holds the extension
    int digits = 0;                    // zero-padded to this; 0 = not padded
    std::vector<std::int64_t> numbers; // of the files that are there, ascending
    std::int64_t step = 1;             // greatest common distance of the numbers

    // Slots from the first number to the last, holes included.
    std::int64_t length() const;
    std::int64_t numberAt(std::int64_t slot) const { return numbers.front() + slot * step; }
    // File for a slot; a hole gives the file before it.
    std::filesystem::path file(std::int64_t slot) const;
    bool isHole(std::int64_t slot) const;
    std::vector<std::int64_t> holes() const; // file numbers
    std::string pattern() const;             // "/folder/name.%04d.png"
    std::filesystem::path numberedPath(std::int64_t number) const;
};

// "name.%04d.png" or "name.%d.png" taken apart; nothing when the file name holds no such place.
std::optional<Sequence> parsePattern(const std::filesystem::path& path);
// The files of a pattern, or those of a folder (its largest group of pictures of one name). Throws Error(kInput).
Sequence findSequence(const std::filesystem::path& patternOrFolder);
// Patterns of numbered pictures that one of this name may belong to, the likelier first: "name.%04d.png" and
// "name.%d.png". Empty where the name has no number.
std::vector<std::filesystem::path> patternsOf(const std::filesystem::path& picture);
// True for what findSequence() takes: a folder, or a pattern that is not itself an existing file.
bool namesSequence(const std::filesystem::path& path);

// Codec of a still picture by its extension; AV_CODEC_ID_NONE for anything else (GIF counts as video).
AVCodecID pictureCodec(const std::filesystem::path& path);
// The same by the first bytes, which know better; falls back to the extension.
AVCodecID pictureCodec(const std::filesystem::path& path, std::string_view firstBytes);

// File as one packet for the picture decoder. Throws Error(kInput).
PacketPtr readPicturePacket(const std::filesystem::path& path);
// Width and height from the header of a PNG, JPEG, DPX, EXR or BMP, without decoding; nothing for other kinds.
struct PictureSize {
    int width = 0, height = 0;
    bool operator==(const PictureSize&) const = default;
};
std::optional<PictureSize> pictureSize(const std::filesystem::path& path);
// Bits of the samples of an EXR, 16 or 32: FFmpeg decodes half floats to the same format as full ones. 0 for others.
int exrBits(const std::filesystem::path& path);
// The decoded picture, and by which codec. Throws Error(kInput).
FramePtr decodePicture(const std::filesystem::path& path, AVCodecID* codec = nullptr);

} // namespace reelmend::media
