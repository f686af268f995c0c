#include "core/media/hardware_decoding.h"

#include <array>
#include <cstdlib>
#include <string_view>

#include "core/media/av_frame.h"

namespace reelmend::media {

namespace {

struct FreeBuffer {
    void operator()(AVBufferRef* buffer) const { av_buffer_unref(&buffer); }
};
using BufferPtr = std::unique_ptr<AVBufferRef, FreeBuffer>;

// Best first. Each is opened by FFmpeg through the driver's own library; without a driver that is an error, no crash.
constexpr std::array kDevices{AV_HWDEVICE_TYPE_CUDA, AV_HWDEVICE_TYPE_VAAPI, AV_HWDEVICE_TYPE_VDPAU};

constexpr std::int64_t kWorthADevice = std::int64_t{1920} * 1080;

// Formats of frames on the device that the codec can give there; AV_PIX_FMT_NONE = it does not know the device.
AVPixelFormat formatOn(AVHWDeviceType device, const AVCodec& codec)
{
    for (int i = 0;; ++i) {
        const AVCodecHWConfig* config = avcodec_get_hw_config(&codec, i);
        if (!config) {
            return AV_PIX_FMT_NONE;
        }
        if (config->device_type == device && (config->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX)) {
            return config->pix_fmt;
        }
    }
}

// FFmpeg asks which of the offered formats to use: the device's, or the first that is none of a device.
AVPixelFormat chooseFormat(AVCodecContext* context, const AVPixelFormat* offered)
{
    const auto wanted = static_cast<AVPixelFormat>(reinterpret_cast<std::intptr_t>(context->opaque));
    AVPixelFormat software = AV_PIX_FMT_NONE;
    for (; *offered != AV_PIX_FMT_NONE; ++offered) {
        if (*offered == wanted) {
            return wanted;
        }
        const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(*offered);
        if (software == AV_PIX_FMT_NONE && description && !(description->flags & AV_PIX_FMT_FLAG_HWACCEL)) {
            software = *offered;
        }
    }
    return software;
}

class Device : public HardwareDecoding {
public:
    Device(BufferPtr device, AVPixelFormat onDevice, AVPixelFormat software)
        : device_(std::move(device))
        , onDevice_(onDevice)
        , software_(software)
        , converter_(Scaler::Use::kExact)
    {}

    bool attach(AVCodecContext& context) override
    {
        context.hw_device_ctx = av_buffer_ref(device_.get());
        context.opaque = reinterpret_cast<void*>(static_cast<std::intptr_t>(onDevice_));
        context.get_format = chooseFormat;
        return context.hw_device_ctx != nullptr;
    }

    bool isOnDevice(const AVFrame& frame) const override { return frame.format == onDevice_; }

    FramePtr download(const AVFrame& frame) override
    {
        FramePtr copy = makeFrame();
        if (av_hwframe_transfer_data(copy.get(), &frame, 0) < 0 || av_frame_copy_props(copy.get(), &frame) < 0) {
            return nullptr;
        }
        copy->width = frame.width;
        copy->height = frame.height;
        if (copy->format == software_) {
            return copy;
        }
        // NV12 and P010 hold the same samples in another order.
        FramePtr planar = converter_.convert(*copy, software_, copy->width, copy->height);
        return av_frame_copy_props(planar.get(), copy.get()) >= 0 ? std::move(planar) : nullptr;
    }

private:
    BufferPtr device_;
    AVPixelFormat onDevice_, software_;
    Scaler converter_;
};

} // namespace

bool isHardwareAllowed()
{
    const char* said = std::getenv("REELMEND_HARDWARE");
    return !said || std::string_view(said) != "off";
}

std::unique_ptr<HardwareDecoding> findHardwareDecoding(const AVCodecParameters& parameters)
{
    const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
    const auto software = static_cast<AVPixelFormat>(parameters.format);
    // Devices decode 4:2:0 without alpha; asking for more only costs time.
    const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(software);
    const std::int64_t pixels = std::int64_t{parameters.width} * parameters.height;
    if (!codec || !description || description->log2_chroma_w != 1 || description->log2_chroma_h != 1 ||
        (description->flags & AV_PIX_FMT_FLAG_ALPHA) || pixels < kWorthADevice || !isHardwareAllowed()) {
        return nullptr;
    }
    const QuietThread quiet; // a missing driver is nothing that anybody has to read about
    for (const AVHWDeviceType kind : kDevices) {
        const AVPixelFormat onDevice = formatOn(kind, *codec);
        AVBufferRef* raw = nullptr;
        if (onDevice != AV_PIX_FMT_NONE && av_hwdevice_ctx_create(&raw, kind, nullptr, nullptr, 0) >= 0) {
            return std::make_unique<Device>(BufferPtr(raw), onDevice, software);
        }
    }
    return nullptr;
}

} // namespace reelmend::media
