#include "core/classical/sample_scene.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <future>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/classical/sample_paint.h"
#include "core/classical/sample_shots.h"
#include "core/video/convert.h"

namespace reelmend::classical {

namespace {

constexpr int kFramesPerSecond = 24;
constexpr std::int64_t kLakeFrames = 78;
constexpr std::int64_t kFrames = 120;
constexpr float kExposure = 0.78F;

// Exposure, highlights rolled off like film, and the BT.709 transfer function.
float developed(float light)
{
    const float x = std::max(light, 0.0F) * kExposure;
    const float film = x * (2.51F * x + 0.03F) / (x * (2.43F * x + 0.59F) + 0.14F); // Narkowicz's fit of ACES
    const float clipped = std::min(film, 1.0F);
    return clipped < 0.018F ? 4.5F * clipped : 1.099F * std::pow(clipped, 0.45F) - 0.099F;
}

// Bright parts glow a little into their surroundings, as in any lens.
void addGlow(video::ImageF& picture)
{
    const int w = std::max(1, picture.width / 4);
    const int h = std::max(1, picture.height / 4);
    paint::Layer bright(w, h, 4);
    for (int y = 0; y < h; ++y) {
        for (int x = 0; x < w; ++x) {
            for (int c = 0; c < 3; ++c) {
                float sum = 0;
                for (int j = 0; j < 4; ++j) {
                    for (int i = 0; i < 4; ++i) {
                        const int sx = std::min(4 * x + i, picture.width - 1);
                        const int sy = std::min(4 * y + j, picture.height - 1);
                        sum += std::min(std::max(picture.row(sy)[3 * sx + c] - 0.7F, 0.0F), 6.0F);
                    }
                }
                bright.row(y)[4 * x + c] = sum / 16;
            }
        }
    }
    paint::blur(bright, 0.020F * static_cast<float>(h) + 0.5F);
    paint::Layer wide = bright;
    paint::blur(wide, 0.09F * static_cast<float>(h) + 1);
    for (int y = 0; y < picture.height; ++y) {
        for (int x = 0; x < picture.width; ++x) {
            std::array<float, 4> near{};
            std::array<float, 4> far{};
            const float sx = (static_cast<float>(x) + 0.5F) / 4 - 0.5F;
            const float sy = (static_cast<float>(y) + 0.5F) / 4 - 0.5F;
            paint::fetch(bright, sx, sy, near.data());
            paint::fetch(wide, sx, sy, far.data());
            for (std::size_t c = 0; c < 3; ++c) {
                picture.row(y)[3 * x + static_cast<int>(c)] += 0.10F * near[c] + 0.10F * far[c];
            }
        }
    }
}

// developed() of [0, 16] by square root, which spends the steps where the eye sees them.
class DevelopTable {
public:
    DevelopTable()
    {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            const float root = static_cast<float>(i) * (4.0F / kSteps);
            values_[i] = developed(root * root);
        }
    }
    float operator()(float light) const
    {
        const float at = std::sqrt(std::clamp(light, 0.0F, 15.99F)) * (kSteps / 4.0F);
        const auto i = static_cast<std::size_t>(at);
        return values_[i] + (values_[i + 1] - values_[i]) * (at - static_cast<float>(i));
    }

private:
    static constexpr int kSteps = 4096;
    std::array<float, kSteps + 2> values_{};
};

class SampleScene : public video::FrameSource {
public:
    explicit SampleScene(const SampleSettings& settings)
        : settings_(settings)
    {
        if (settings.width < 64 || settings.height < 36 || settings.width > 4096 || settings.height > 2304) {
            throw base::Error(base::ErrorKind::kUsage,
                "A sample of " + std::to_string(settings.width) + "x" + std::to_string(settings.height) +
                    " pixels cannot be made.",
                "It can be 64x36 to 4096x2304 pixels large.");
        }
        auto sign = std::async(std::launch::async, [&settings] { return makeSignShot(settings); });
        lake_ = makeLakeShot(settings);
        sign_ = sign.get();
        info_.header.width = settings.width;
        info_.header.height = settings.height;
        info_.header.frameRate = {kFramesPerSecond, 1};
        info_.header.frameCount = kFrames;
        info_.header.durationSeconds = static_cast<double>(kFrames) / kFramesPerSecond;
        info_.header.pixelFormat = "yuv420p";
        info_.header.bitDepth = 8;
        info_.header.colour = {video::Primaries::kBt709, video::Transfer::kBt709, video::Matrix::kBt709,
            video::ColourRange::kLimited, video::ChromaPlace::kLeft};
    }

    const video::ClipInfo& info() const override { return info_; }
    std::int64_t frameCount() const override { return kFrames; }

    video::Frame frame(std::int64_t index) override
    {
        if (index < 0 || index >= kFrames) {
            throw base::Error(base::ErrorKind::kUsage, "There is no frame " + std::to_string(index) + ".",
                "The sample has " + std::to_string(kFrames) + " frames.");
        }
        video::Frame wanted = next_.valid() && nextIndex_ == index ? next_.get() : paintFrame(index);
        // Whoever asks for one frame after the other gets the next one while this one is at work elsewhere.
        if (index == lastIndex_ + 1 && index + 1 < kFrames) {
            nextIndex_ = index + 1;
            next_ = std::async(std::launch::async, [this, ahead = nextIndex_] { return paintFrame(ahead); });
        }
        lastIndex_ = index;
        return wanted;
    }

private:
    video::Frame paintFrame(std::int64_t index) const
    {
        const bool isLake = index < kLakeFrames;
        const SampleShot& shot = isLake ? *lake_ : *sign_;
        const double time = static_cast<double>(isLake ? index : index - kLakeFrames) / kFramesPerSecond;
        video::ImageF picture = shot.paint(time, 0.5 / kFramesPerSecond);
        addGlow(picture);
        develop(picture, index);
        video::Frame::Description description;
        description.format = video::pixelFormat("yuv420p");
        description.colour = info_.header.colour;
        description.time = {index, 1, {1, kFramesPerSecond}};
        return video::fromRgb(picture, description);
    }

    void develop(video::ImageF& picture, std::int64_t index) const
    {
        const float w = static_cast<float>(picture.width);
        const float h = static_cast<float>(picture.height);
        const auto grainSeed =
            static_cast<std::uint32_t>(settings_.seed * 31 + static_cast<std::uint64_t>(index) * 7);
        // Grain has a size on the film, not on the screen: about one pixel at 360 lines.
        const float grainScale = std::max(1.0F, h / 480);
        const auto grain = [&](int x, int y, std::uint32_t salt) {
            const auto gx = static_cast<std::uint32_t>(static_cast<float>(x) / grainScale);
            const auto gy = static_cast<std::uint32_t>(static_cast<float>(y) / grainScale);
            const std::uint32_t a = paint::hash(gx, gy, grainSeed + salt);
            const std::uint32_t b = paint::hash(gx, gy, grainSeed + salt + 77);
            return paint::unit(a) + paint::unit(b) - 1; // triangular, deviation 0.41
        };
        const auto rows = [&](int begin, int end) {
            for (int y = begin; y < end; ++y) {
                for (int x = 0; x < picture.width; ++x) {
                    const float dx = (static_cast<float>(x) - 0.5F * w) / h;
                    const float dy = (static_cast<float>(y) - 0.5F * h) / h;
                    const float corner = 1 - 0.22F * (dx * dx + dy * dy);
                    float* p = picture.row(y) + 3 * x;
                    const float common = grain(x, y, 1);
                    for (int c = 0; c < 3; ++c) {
                        const float value = table_(p[c] * corner);
                        const float own = 0.75F * common + 0.45F * grain(x, y, 10 + static_cast<std::uint32_t>(c));
                        p[c] = value + own * (0.012F + 0.030F * value * (1 - value));
                    }
                }
            }
        };
        auto lower = std::async(std::launch::async, rows, picture.height / 2, picture.height);
        rows(0, picture.height / 2);
        lower.get();
    }

    SampleSettings settings_;
    DevelopTable table_;
    video::ClipInfo info_;
    std::unique_ptr<SampleShot> lake_, sign_;
    std::int64_t lastIndex_ = -1, nextIndex_ = -1;
    std::future<video::Frame> next_; // the last member: it uses all the others
};

} // namespace

std::unique_ptr<video::FrameSource> makeSampleScene(const SampleSettings& settings)
{
    return std::make_unique<SampleScene>(settings);
}

} // namespace reelmend::classical
