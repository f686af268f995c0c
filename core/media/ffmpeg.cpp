#include "core/media/ffmpeg.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "core/base/files.h"
#include "core/media/hardware_decoding.h"
#include "core/media/log.h"

namespace reelmend::media {

namespace {

// FFmpeg's log callback takes no user pointer, so its target cannot be handed down as a value.
std::mutex logMutex;
base::LogSink logSink;
thread_local bool isThreadQuiet = false;

void forwardLog(void* context, int level, const char* format, va_list arguments)
{
    if (level > AV_LOG_WARNING || isThreadQuiet) {
        return;
    }
    char line[1024];
    int prefix = 1;
    av_log_format_line2(context, level, format, arguments, line, sizeof line, &prefix);
    std::string_view text(line);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
        text.remove_suffix(1);
    }
    const std::lock_guard lock(logMutex);
    if (logSink) {
        logSink(level <= AV_LOG_ERROR ? base::LogLevel::kError : base::LogLevel::kWarning, text);
    }
}

int interrupted(void* control)
{
    return control && static_cast<const base::Control*>(control)->isCancelled() ? 1 : 0;
}

// The decoder of libvpx for a codec whose transparency FFmpeg's own decoders leave out; null for others.
const AVCodec* decoderOfAlpha(AVCodecID codec)
{
    return codec == AV_CODEC_ID_VP9   ? avcodec_find_decoder_by_name("libvpx-vp9")
           : codec == AV_CODEC_ID_VP8 ? avcodec_find_decoder_by_name("libvpx")
                                      : nullptr;
}

// WebM keeps transparency beside the pictures and says so in a tag alone: the format becomes one with alpha.
void noteAlpha(AVStream& stream)
{
    AVCodecParameters& p = *stream.codecpar;
    const AVDictionaryEntry* mode = av_dict_get(stream.metadata, "alpha_mode", nullptr, 0);
    if (mode && std::string_view(mode->value) == "1" && p.format == AV_PIX_FMT_YUV420P &&
        decoderOfAlpha(p.codec_id)) {
        p.format = AV_PIX_FMT_YUVA420P;
    }
}

// "hevc", or what the file calls a kind that FFmpeg does not even know by name.
std::string kindName(const AVCodecParameters& parameters)
{
    if (parameters.codec_id != AV_CODEC_ID_NONE) {
        return avcodec_get_name(parameters.codec_id);
    }
    char tag[AV_FOURCC_MAX_STRING_SIZE] = {};
    return parameters.codec_tag == 0
               ? std::string("its kind of pictures")
               : "its kind of pictures (" + std::string(av_fourcc_make_string(tag, parameters.codec_tag)) + ")";
}

// An MP4 or QuickTime file keeps its index in a box of its own, usually at the end: a file that was not copied
// completely lacks it, and nothing can be read without.
bool lacksItsIndex(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::error_code unknown;
    const std::uintmax_t size = std::filesystem::file_size(path, unknown);
    if (unknown) {
        return false;
    }
    std::uint64_t at = 0;
    for (int boxes = 0; boxes < 1000 && at + 8 <= size; ++boxes) {
        unsigned char head[16] = {};
        file.seekg(static_cast<std::streamoff>(at));
        if (!file.read(reinterpret_cast<char*>(head), 8)) {
            return false;
        }
        const auto number = [&head](int from, int count) {
            std::uint64_t value = 0;
            for (int i = 0; i < count; ++i) {
                value = value << 8 | head[from + i];
            }
            return value;
        };
        const std::string_view kind(reinterpret_cast<const char*>(head) + 4, 4);
        if (kind == "moov" || (at == 0 && kind != "ftyp")) {
            return false;
        }
        std::uint64_t length = number(0, 4);
        if (length == 1 && file.read(reinterpret_cast<char*>(head) + 8, 8)) {
            length = number(8, 8);
        }
        if (length < 8) {
            return length == 0; // up to the end of the file
        }
        at = length > size - at ? size : at + length;
    }
    return at >= size;
}

[[noreturn]] void throwOpenError(const std::filesystem::path& path, int code, const base::Control* control)
{
    if (code == AVERROR_EXIT && control) {
        control->throwIfCancelled();
    }
    const std::string what = quoted(path) + " cannot be opened.";
    std::error_code ignored;
    // The last two are what some of its readers make of numbers in a header that cannot be.
    const bool isDamaged = code == AVERROR_INVALIDDATA || code == AVERROR_DEMUXER_NOT_FOUND || code == AVERROR_EOF ||
                           code == AVERROR(EINVAL) || code == AVERROR(EBUSY);
    if (isDamaged) {
        if (std::filesystem::file_size(path, ignored) == 0) {
            throw base::Error(
                base::ErrorKind::kInput, what, "The file is empty.", "Check how it was copied or made.");
        }
        if (lacksItsIndex(path)) {
            throw base::Error(base::ErrorKind::kInput, what,
                "Its end is missing, where such a file keeps the index without which nothing in it can be found.",
                "Copy it again completely, or repair it with a recovery program.");
        }
        throw base::Error(base::ErrorKind::kInput, what,
            "It is not a video that can be read, or its header is damaged.",
            "Check that it is the file you meant and that it was copied completely.");
    }
    throw ffmpegError(base::ErrorKind::kInput, what, code);
}

} // namespace

void sendFfmpegLogTo(base::LogSink sink)
{
    quietFfmpeg();
    const std::lock_guard lock(logMutex);
    logSink = std::move(sink);
}

void quietFfmpeg()
{
    static std::once_flag once;
    std::call_once(once, [] {
        av_log_set_callback(forwardLog);
        ::setenv("SVT_LOG", "-1", 0); // SVT-AV1 prints past FFmpeg's log and listens to nothing else
    });
}

QuietThread::QuietThread()
    : was_(std::exchange(isThreadQuiet, true))
{}

QuietThread::~QuietThread()
{
    isThreadQuiet = was_;
}

FramePtr makeFrame()
{
    FramePtr frame(av_frame_alloc());
    if (!frame) {
        throw base::Error(base::ErrorKind::kOutOfMemory, "A frame could not be made.", "Memory ran out.");
    }
    return frame;
}

PacketPtr makePacket()
{
    PacketPtr packet(av_packet_alloc());
    if (!packet) {
        throw base::Error(base::ErrorKind::kOutOfMemory, "A packet could not be made.", "Memory ran out.");
    }
    return packet;
}

std::string ffmpegReason(int code)
{
    switch (code) {
    case AVERROR_INVALIDDATA:
        return "Its data is damaged or of another kind than it says.";
    case AVERROR_EOF:
        return "It ends too early.";
    case AVERROR_DECODER_NOT_FOUND:
        return "The installed FFmpeg has no decoder for it.";
    case AVERROR_ENCODER_NOT_FOUND:
        return "The installed FFmpeg has no encoder for it.";
    case AVERROR_PATCHWELCOME:
        return "It uses a feature that the installed FFmpeg does not support.";
    case AVERROR(ENOMEM):
        return "Memory ran out.";
    default:
        break;
    }
    char text[AV_ERROR_MAX_STRING_SIZE] = {};
    av_strerror(code, text, sizeof text);
    return std::string("FFmpeg says: ") + text + ".";
}

base::Error ffmpegError(base::ErrorKind kind, std::string what, int code, std::string hint)
{
    if (code == AVERROR(ENOMEM)) {
        return {base::ErrorKind::kOutOfMemory, std::move(what), ffmpegReason(code), std::move(hint)};
    }
    if (code == AVERROR(EFBIG)) {
        return {base::ErrorKind::kDiskFull, std::move(what),
            "The file would be larger than that disk or your limit allows.",
            hint.empty() ? "Choose a folder on another disk, or a shorter range." : std::move(hint)};
    }
    switch (code) {
    case AVERROR(ENOSPC):
    case AVERROR(EDQUOT):
    case AVERROR(ENOENT):
    case AVERROR(EACCES):
    case AVERROR(EPERM):
    case AVERROR(EROFS):
    case AVERROR(EIO):
    case AVERROR(EISDIR):
    case AVERROR(ENOTDIR):
        return base::systemError(kind, std::move(what), AVUNERROR(code), std::move(hint));
    default:
        return {kind, std::move(what), ffmpegReason(code), std::move(hint)};
    }
}

std::string fileUrl(const std::filesystem::path& path)
{
    return "file:" + base::pathText(path);
}

std::string quoted(const std::filesystem::path& path)
{
    return "\"" + base::pathText(path) + "\"";
}

InputPtr openInput(const std::filesystem::path& path, const base::Control* control)
{
    quietFfmpeg();
    AVFormatContext* raw = avformat_alloc_context();
    if (!raw) {
        throw ffmpegError(base::ErrorKind::kInput, quoted(path) + " cannot be opened.", AVERROR(ENOMEM));
    }
    raw->interrupt_callback = {interrupted, const_cast<base::Control*>(control)};
    Dictionary options;
    options.set("protocol_whitelist", "file");
    if (const int code = avformat_open_input(&raw, fileUrl(path).c_str(), nullptr, options.address()); code < 0) {
        throwOpenError(path, code, control);
    }
    InputPtr input(raw);
    if (const int code = avformat_find_stream_info(input.get(), nullptr); code < 0) {
        throwOpenError(path, code, control);
    }
    for (unsigned i = 0; i < input->nb_streams; ++i) {
        noteAlpha(*input->streams[i]);
    }
    return input;
}

InputPtr openForOneStream(const std::filesystem::path& path, int stream, const base::Control* control)
{
    InputPtr input = openInput(path, control);
    if (stream < 0 || stream >= static_cast<int>(input->nb_streams)) {
        throw base::Error(base::ErrorKind::kInput, quoted(path) + " cannot be read.",
            "The file changed while it was being read.", "Open it again.");
    }
    for (unsigned i = 0; i < input->nb_streams; ++i) {
        input->streams[i]->discard = static_cast<int>(i) == stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
    return input;
}

int footageStream(const AVFormatContext* input)
{
    int best = -1;
    std::int64_t bestArea = -1;
    for (unsigned i = 0; i < input->nb_streams; ++i) {
        const AVStream* stream = input->streams[i];
        const AVCodecParameters* p = stream->codecpar;
        if (p->codec_type != AVMEDIA_TYPE_VIDEO || (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) ||
            p->codec_id == AV_CODEC_ID_ANSI) {
            continue;
        }
        const bool isDefault = stream->disposition & AV_DISPOSITION_DEFAULT;
        const std::int64_t area = std::int64_t{p->width} * p->height + (isDefault ? std::int64_t{1} << 40 : 0);
        if (area > bestArea) {
            best = static_cast<int>(i);
            bestArea = area;
        }
    }
    return best;
}

CodecPtr openDecoder(const AVCodecParameters* parameters, AVRational timeBase, int threads, const std::string& name,
    const DecoderUse& use)
{
    quietFfmpeg();
    const std::string what = name + " cannot be decoded.";
    const AVCodec* codec = parameters->format == AV_PIX_FMT_YUVA420P ? decoderOfAlpha(parameters->codec_id) : nullptr;
    if (!codec) {
        codec = avcodec_find_decoder(parameters->codec_id);
    }
    if (!codec) {
        throw base::Error(base::ErrorKind::kUnavailable, what,
            "The installed FFmpeg has no decoder for " + kindName(*parameters) + ".",
            "Convert the clip to H.264, ProRes or FFV1 with another program, or install a fuller FFmpeg.");
    }
    CodecPtr context(avcodec_alloc_context3(codec));
    if (!context) {
        throw ffmpegError(base::ErrorKind::kInput, what, AVERROR(ENOMEM));
    }
    int code = avcodec_parameters_to_context(context.get(), parameters);
    if (code >= 0) {
        context->pkt_timebase = timeBase;
        context->thread_count = use.tellsDamage ? 1 : threadCount(threads);
        context->thread_type = FF_THREAD_FRAME | FF_THREAD_SLICE;
        context->max_pixels = kMaximumPixels;
        if (use.hardware && !use.hardware->attach(*context)) {
            throw base::Error(base::ErrorKind::kUnavailable, what, "The device does not decode it.");
        }
        code = avcodec_open2(context.get(), codec, nullptr);
    }
    if (code < 0) {
        throw ffmpegError(base::ErrorKind::kInput, what, code);
    }
    return context;
}

int threadCount(int asked)
{
    return asked > 0 ? asked : std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 16);
}

} // namespace reelmend::media
