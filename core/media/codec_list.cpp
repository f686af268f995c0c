#include "core/media/codec_list.h"

#include <cstdlib>

#include "core/media/encoder_probe.h"
#include "core/media/ffmpeg.h"

namespace reelmend::media {

namespace {

struct Wanted {
    const char* name;
    AVCodecID id;
    std::vector<const char*> encoders; // best first
    AVPixelFormat format;
};

} // namespace

std::vector<CodecSupport> codecSupport()
{
    quietFfmpeg();
    ::setenv("SVT_LOG", "0", 0); // SVT-AV1 writes to the standard error by itself unless told not to
    static const std::vector<Wanted> kWanted{
        {"H.264", AV_CODEC_ID_H264, {"libx264", "libopenh264"}, AV_PIX_FMT_YUV420P},
        {"H.265", AV_CODEC_ID_HEVC, {"libx265"}, AV_PIX_FMT_YUV420P},
        {"AV1", AV_CODEC_ID_AV1, {"libsvtav1", "libaom-av1"}, AV_PIX_FMT_YUV420P},
        {"VP9", AV_CODEC_ID_VP9, {"libvpx-vp9"}, AV_PIX_FMT_YUV420P},
        {"ProRes", AV_CODEC_ID_PRORES, {"prores_ks"}, AV_PIX_FMT_YUV422P10LE},
        {"FFV1", AV_CODEC_ID_FFV1, {"ffv1"}, AV_PIX_FMT_YUV420P},
    };
    std::vector<CodecSupport> list;
    for (const Wanted& wanted : kWanted) {
        CodecSupport support{wanted.name, {}, {}};
        if (const AVCodec* decoder = avcodec_find_decoder(wanted.id)) {
            support.decoder = decoder->name;
        }
        for (const char* name : wanted.encoders) {
            const AVCodec* encoder = avcodec_find_encoder_by_name(name);
            if (encoder && encoderWorks(*encoder, wanted.format)) {
                support.encoder = name;
                break;
            }
        }
        list.push_back(std::move(support));
    }
    return list;
}

std::string ffmpegVersion()
{
    const unsigned version = avcodec_version();
    return std::string(av_version_info()) + ", libavcodec " + std::to_string(AV_VERSION_MAJOR(version)) + "." +
           std::to_string(AV_VERSION_MINOR(version)) + "." + std::to_string(AV_VERSION_MICRO(version));
}

} // namespace reelmend::media
