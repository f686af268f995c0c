#include <doctest/doctest.h>

#include "core/base/error.h"
#include "core/media/av_frame.h"
#include "core/media/clip_file.h"
#include "core/media/encoder_probe.h"
#include "core/media/frame_decoder.h"
#include "core/media/hardware_decoding.h"
#include "core/media/video_reader.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;

namespace {

// Stands for a device: decoding is in software, but every frame has to be fetched, which fails when it is told to.
class PretendedDevice : public media::HardwareDecoding {
public:
    struct Plan {
        bool attaches = true;
        int goodFrames = 1000; // downloads before the device is gone
    };
    PretendedDevice(Plan plan, int& downloads)
        : plan_(plan)
        , downloads_(downloads)
    {}

    bool attach(AVCodecContext&) override { return plan_.attaches; }
    bool isOnDevice(const AVFrame&) const override { return true; }
    media::FramePtr download(const AVFrame& frame) override
    {
        if (downloads_ == plan_.goodFrames) {
            return nullptr;
        }
        ++downloads_;
        media::FramePtr copy = media::makeFrame();
        REQUIRE(av_frame_ref(copy.get(), &frame) >= 0);
        return copy;
    }

private:
    Plan plan_;
    int& downloads_;
};

struct Opened {
    media::ClipFile clip;
    media::PacketIndex index;
    std::unique_ptr<media::FrameDecoder> decoder;
};

Opened openWith(const std::filesystem::path& path, PretendedDevice::Plan plan, int& downloads)
{
    Opened opened;
    opened.clip = media::openClip(path, {24, 1}, nullptr);
    opened.index = media::indexOf(opened.clip, nullptr, {}, false);
    media::FrameDecoder::Settings settings;
    settings.threads = 1;
    settings.hardware = std::make_unique<PretendedDevice>(plan, downloads);
    media::InputPtr input = std::move(opened.clip.input);
    opened.decoder = media::FrameDecoder::open(opened.clip, std::move(input), opened.index, std::move(settings));
    return opened;
}

int numberOf(const AVFrame* frame)
{
    REQUIRE(frame);
    return test::paintedNumber(media::wrapFrame(*frame, {}));
}

} // namespace

TEST_CASE("frames that a device decodes are fetched, in any order")
{
    const test::TemporaryFolder folder;
    test::makeClip(folder / "clip.mp4", {.frames = 40, .gop = 12});
    int downloads = 0;
    const Opened opened = openWith(folder / "clip.mp4", {}, downloads);
    for (const int i : {0, 1, 2, 30, 5, 39, 6}) {
        CHECK(numberOf(opened.decoder->frame(i)) == i);
    }
    CHECK(opened.decoder->usesHardware());
    CHECK(downloads > 7);
}

TEST_CASE("a device that fails, at once or in the middle, is replaced by software and nobody notices")
{
    const test::TemporaryFolder folder;
    test::makeClip(folder / "clip.mp4", {.frames = 40, .gop = 12});
    for (const PretendedDevice::Plan plan :
        {PretendedDevice::Plan{false, 0}, PretendedDevice::Plan{true, 0}, PretendedDevice::Plan{true, 17}}) {
        CAPTURE(plan.goodFrames);
        int downloads = 0;
        const Opened opened = openWith(folder / "clip.mp4", plan, downloads);
        for (int i = 0; i < 40; ++i) {
            CHECK(numberOf(opened.decoder->frame(i)) == i);
        }
        CHECK(numberOf(opened.decoder->frame(3)) == 3);
        CHECK_FALSE(opened.decoder->usesHardware());
        CHECK(downloads == (plan.attaches ? plan.goodFrames : 0));
    }
}

TEST_CASE("encoders in hardware are believed only after they made a picture")
{
    for (const media::Codec codec : {media::Codec::kH264, media::Codec::kH265, media::Codec::kAv1}) {
        media::WriterSettings settings;
        settings.codec = codec;
        settings.quality = media::WriterQuality::kDraft;
        settings.pixelFormat = "yuv420p";
        settings.width = 320;
        settings.height = 180;
        const std::string chosen = media::storedFormat(settings).encoder;
        const AVCodec* encoder = avcodec_find_encoder_by_name(chosen.c_str());
        REQUIRE(encoder);
        CHECK(media::encoderWorks(*encoder, AV_PIX_FMT_YUV420P));
        for (const char* name : media::hardwareEncoders(codec)) {
            if (chosen == name) {
                break;
            }
            if (const AVCodec* better = avcodec_find_encoder_by_name(name)) {
                CHECK_FALSE(media::encoderWorks(*better, AV_PIX_FMT_YUV420P));
            }
            settings.quality = media::WriterQuality::kGood;
            CHECK(media::storedFormat(settings).encoder != name);
            settings.quality = media::WriterQuality::kDraft;
        }
    }
    CHECK(media::storedFormat({.path = {}, .codec = media::Codec::kProRes, .pixelFormat = "yuv422p10le"}).encoder ==
          "prores_ks");
}
