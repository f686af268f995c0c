#pragma once
// Everything of FFmpeg that this folder uses, with owners. Internal: no other folder includes this.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/timecode.h>
#include <libswscale/swscale.h>
}

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/control.h"
#include "core/base/error.h"

namespace reelmend::media {

// A header that claims more is damaged or an attack: 268 megapixels are 16384x16384.
inline constexpr std::int64_t kMaximumPixels = std::int64_t{1} << 28;

template <auto Free> struct FreeByPointer {
    template <class T> void operator()(T* p) const { Free(p); }
};
template <auto Free> struct FreeByAddress {
    template <class T> void operator()(T* p) const { Free(&p); }
};

using FramePtr = std::unique_ptr<AVFrame, FreeByAddress<av_frame_free>>;
using PacketPtr = std::unique_ptr<AVPacket, FreeByAddress<av_packet_free>>;
using CodecPtr = std::unique_ptr<AVCodecContext, FreeByAddress<avcodec_free_context>>;
using InputPtr = std::unique_ptr<AVFormatContext, FreeByAddress<avformat_close_input>>;
using GraphPtr = std::unique_ptr<AVFilterGraph, FreeByAddress<avfilter_graph_free>>;
using BufferPoolPtr = std::unique_ptr<AVBufferPool, FreeByAddress<av_buffer_pool_uninit>>;
using ScalerPtr = std::unique_ptr<SwsContext, FreeByPointer<sws_freeContext>>;

inline void closeOutput(AVFormatContext* context)
{
    if (context->pb && !(context->oformat->flags & AVFMT_NOFILE)) {
        avio_closep(&context->pb);
    }
    avformat_free_context(context);
}
using OutputPtr = std::unique_ptr<AVFormatContext, FreeByPointer<closeOutput>>;

// Options for an open call; what is left afterwards was not known to it.
class Dictionary {
public:
    Dictionary() = default;
    ~Dictionary() { av_dict_free(&dictionary_); }
    Dictionary(const Dictionary&) = delete;
    Dictionary& operator=(const Dictionary&) = delete;

    void set(const char* key, const std::string& value) { av_dict_set(&dictionary_, key, value.c_str(), 0); }
    AVDictionary** address() { return &dictionary_; }
    const AVDictionary* get() const { return dictionary_; }

private:
    AVDictionary* dictionary_ = nullptr;
};

FramePtr makeFrame();   // throws Error(kOutOfMemory)
PacketPtr makePacket(); // throws Error(kOutOfMemory)

// Silences FFmpeg's own printing once per process; every entry into this folder calls it.
void quietFfmpeg();

// While it lives, what FFmpeg says in this thread is dropped: for trying what may well fail.
class QuietThread {
public:
    QuietThread();
    ~QuietThread();
    QuietThread(const QuietThread&) = delete;
    QuietThread& operator=(const QuietThread&) = delete;

private:
    bool was_;
};

// An Error for a negative FFmpeg result: full disk, missing file, bad data, … each with its own words.
base::Error ffmpegError(base::ErrorKind kind, std::string what, int code, std::string hint = {});
std::string ffmpegReason(int code); // one sentence

// The path as FFmpeg wants it: never taken for a protocol or a pattern.
std::string fileUrl(const std::filesystem::path& path);
// MP4, QuickTime and M4V, which hold the same things.
inline bool isMp4Family(const AVOutputFormat& format)
{
    const std::string_view name = format.name;
    return name == "mp4" || name == "mov" || name == "ipod";
}

std::string quoted(const std::filesystem::path& path); // "\"name\"", for messages

// Opens a file for reading, with stream info. Only local files, also for what it refers to.
InputPtr openInput(const std::filesystem::path& path, const base::Control* control);
// The same with every other stream left out. Throws Error(kInput) when the stream is not there.
InputPtr openForOneStream(const std::filesystem::path& path, int stream, const base::Control* control);
// Index of the stream that holds the footage (not cover art); -1 where there is none.
int footageStream(const AVFormatContext* input);

class HardwareDecoding;

struct DecoderUse {
    HardwareDecoding* hardware = nullptr;
    // One thread, whatever is asked: FFmpeg copies a frame's damage marks while another thread may still be finding
    // the damage, so that with frame threads they are missing now and then; with slice threads damage is hidden
    // otherwise.
    bool tellsDamage = false;
};

// A decoder for the parameters, opened. Throws Error(kUnavailable) or Error(kInput).
CodecPtr openDecoder(const AVCodecParameters* parameters, AVRational timeBase, int threads, const std::string& name,
    const DecoderUse& use = {});

int threadCount(int asked); // asked, or the machine's cores (at most 16)

} // namespace reelmend::media
