#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "core/base/files.h"
#include "core/media/ffmpeg.h"
#include "core/media/join.h"
#include "core/media/sequence.h"
#include "core/media/video_writer.h"

namespace reelmend::media {

namespace fs = std::filesystem;

namespace {

// Most file systems take 255 bytes; while a file is being written, its name is a little longer.
constexpr std::size_t kLongestName = 235;

bool isPartOfInput(const fs::path& input, const fs::path& output)
{
    if (base::isSameFile(input, output)) {
        return true;
    }
    const auto written = parsePattern(output);
    if (!written || !namesSequence(input)) {
        return false;
    }
    const Sequence read = findSequence(input);
    const fs::path writtenFolder = written->folder.empty() ? fs::path(".") : written->folder;
    const fs::path readFolder = read.folder.empty() ? fs::path(".") : read.folder;
    return base::isSameFile(writtenFolder, readFolder) && written->prefix == read.prefix &&
           written->suffix == read.suffix;
}

bool existsAlready(const fs::path& output)
{
    std::error_code ignored;
    if (fs::exists(output, ignored)) {
        return true;
    }
    if (!parsePattern(output)) {
        return false;
    }
    try {
        findSequence(output);
        return true;
    } catch (const base::Error&) {
        return false; // no picture of that name yet
    }
}

AVCodecID codecId(Codec codec)
{
    switch (codec) {
    case Codec::kH264:
        return AV_CODEC_ID_H264;
    case Codec::kH265:
        return AV_CODEC_ID_HEVC;
    case Codec::kAv1:
        return AV_CODEC_ID_AV1;
    case Codec::kVp9:
        return AV_CODEC_ID_VP9;
    case Codec::kProRes:
        return AV_CODEC_ID_PRORES;
    case Codec::kFfv1:
        return AV_CODEC_ID_FFV1;
    default:
        return AV_CODEC_ID_NONE;
    }
}

} // namespace

void checkContainer(const fs::path& output, Codec codec)
{
    const AVOutputFormat* format = av_guess_format(nullptr, base::pathText(output).c_str(), nullptr);
    // A transport stream takes anything, as bytes that no player knows what to do with.
    const bool isStream = output.extension() == ".ts";
    const bool fits = isStream ? codec == Codec::kH264 || codec == Codec::kH265
                               : format && avformat_query_codec(format, codecId(codec), FF_COMPLIANCE_NORMAL) != 0;
    if (!fits) {
        throw base::Error(base::ErrorKind::kUsage, quoted(output) + " cannot be written.",
            "A \"" + base::pathText(output.extension()) + "\" file cannot hold " + codecName(codec) + ".",
            "Choose .mkv, which holds all of them, or another codec.");
    }
}

std::string segmentExtension(Codec codec)
{
    switch (codec) {
    case Codec::kH264:
    case Codec::kH265:
    case Codec::kAv1:
        // Matroska keeps no decoding times, and what is guessed for pictures that are decoded out of order does not
        // fit together at the seams.
        return ".mp4";
    case Codec::kProRes:
        return ".mov";
    default:
        return ".mkv";
    }
}

void checkOutput(const fs::path& input, const fs::path& output, bool overwrite)
{
    const std::string what = quoted(output) + " cannot be written.";
    const Codec codec = codecFor(output, WriterQuality::kGood);
    std::error_code ignored;
    if (fs::is_directory(output, ignored)) {
        throw base::Error(base::ErrorKind::kOutput, what, "It is a folder.", "Add a file name.");
    }
    if (fs::exists(output, ignored) && !fs::is_regular_file(output, ignored)) {
        throw base::Error(
            base::ErrorKind::kOutput, what, "It is a device or a pipe, not a file.", "Choose another name.");
    }
    if (output.filename().native().size() > kLongestName) {
        throw base::Error(base::ErrorKind::kOutput, what, "Its name is too long.",
            "Choose a name of at most " + std::to_string(kLongestName) + " bytes.");
    }
    if (isSequenceCodec(codec) && !parsePattern(output)) {
        throw base::Error(base::ErrorKind::kUsage, what, "Pictures need a place for their number in the name.",
            "Use a name such as \"" + base::pathText(output.stem()) + ".%04d" + base::pathText(output.extension()) +
                "\".");
    }
    if (isPartOfInput(input, output)) {
        throw base::Error(
            base::ErrorKind::kUsage, what, "It is the clip that is being read.", "Choose another name.");
    }
    const fs::path folder = output.parent_path().empty() ? fs::path(".") : output.parent_path();
    if (!fs::is_directory(folder, ignored)) {
        throw base::Error(base::ErrorKind::kOutput, what,
            fs::exists(folder, ignored) ? quoted(folder) + " is not a folder." : "Its folder does not exist.",
            "Make the folder first, or choose another.");
    }
    if (::access(folder.c_str(), W_OK) != 0) {
        throw base::systemError(base::ErrorKind::kOutput, what, errno);
    }
    if (!overwrite && existsAlready(output)) {
        throw base::Error(base::ErrorKind::kOutput, what, "A file of that name is there already.",
            "Choose another name, or allow it to be replaced.");
    }
}

} // namespace reelmend::media
