#pragma once
#include "core/media/ffmpeg.h"
#include "core/video/frame.h"

// Between AVFrame and video::Frame, without copying samples. Internal.
namespace reelmend::media {

// The format as the program describes it. False when samples cannot be addressed that way (big endian, palette, bit
// stream, hardware, samples that share bytes): simpleFormat() then names the format to convert to.
bool describeFormat(AVPixelFormat format, video::PixelFormat& description);
AVPixelFormat simpleFormat(AVPixelFormat format);         // itself when describable; "yuvj" becomes "yuv"
AVPixelFormat avFormat(const video::PixelFormat& format); // throws Error(kUsage) when FFmpeg has no such format

video::ColourTags tagsOf(const AVFrame& frame);
video::ColourTags tagsOf(const AVCodecParameters& parameters);
void setTags(AVFrame& frame, const video::ColourTags& tags);
void setTags(AVCodecParameters& parameters, const video::ColourTags& tags);
void setTags(AVCodecContext& context, const video::ColourTags& tags);

inline AVRational toAv(base::Rational r)
{
    AVRational result{0, 1};
    av_reduce(&result.num, &result.den, r.num, r.den, 0x7fffffff);
    return result;
}
inline base::Rational fromAv(AVRational r)
{
    return {r.num, r.den > 0 ? r.den : 1};
}

// Takes over a reference to `frame`; converts first where the format asks for it. `time` replaces the frame's own.
video::Frame wrapFrame(const AVFrame& frame, const video::FrameTime& time);
// A reference to the frame's samples for FFmpeg to read; the Frame lives as long as FFmpeg needs it.
FramePtr referFrame(const video::Frame& frame);

// A converter between formats and sizes that remembers its tables. Colour matrix and range are those of the tags as
// effectiveTags() completes them; RGB is full range.
class Scaler {
public:
    enum class Use { kExact, kDisplay }; // display: quick, threaded
    explicit Scaler(Use use, int threads = 1)
        : use_(use)
        , threads_(threads)
    {}
    FramePtr convert(const AVFrame& frame, AVPixelFormat format, int width, int height);

private:
    void prepare(const AVFrame& frame, AVPixelFormat format, int width, int height);

    struct Key {
        int fromFormat = -1, fromWidth = 0, fromHeight = 0, toFormat = -1, toWidth = 0, toHeight = 0;
        video::ColourTags tags;
        bool operator==(const Key&) const = default;
    };
    Use use_;
    int threads_;
    Key key_;
    ScalerPtr scaler_;
};

} // namespace reelmend::media
