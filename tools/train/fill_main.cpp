// Fills holes of raw footage with the program's own flow-guided fill, for training what goes on from there:
// reelmend-fill FRAMES MASKS COUNT HEIGHT WIDTH FILLED SEEN, all raw bytes ([count][height][width][3] or one
// channel).
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "core/base/control.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/classical/enhancer.h"
#include "core/video/convert.h"

using namespace reelmend;

namespace {

class RawFrames : public video::FrameSource {
public:
    RawFrames(std::string bytes, std::int64_t count, int height, int width)
        : bytes_(std::move(bytes))
        , count_(count)
        , height_(height)
        , width_(width)
    {
        info_.header.width = width;
        info_.header.height = height;
        info_.header.frameCount = count;
    }
    const video::ClipInfo& info() const override { return info_; }
    std::int64_t frameCount() const override { return count_; }
    video::Frame frame(std::int64_t index) override
    {
        video::Image8 rgb(width_, height_, 3);
        std::memcpy(rgb.pixels.data(), bytes_.data() + static_cast<std::size_t>(index) * rgb.pixels.size(),
            rgb.pixels.size());
        video::Frame::Description description;
        description.format = video::pixelFormat("rgb24");
        description.width = width_;
        description.height = height_;
        description.time = {index, 1, {1, 25}};
        return video::fromRgb(rgb, description);
    }

private:
    std::string bytes_;
    std::int64_t count_;
    int height_, width_;
    video::ClipInfo info_;
};

class RawMasks : public video::MaskSource {
public:
    RawMasks(std::string bytes, int height, int width)
        : bytes_(std::move(bytes))
        , height_(height)
        , width_(width)
    {}
    bool isStatic() const override { return false; }
    video::Mask mask(std::int64_t index) override
    {
        video::Mask mask(width_, height_, 1);
        const char* from = bytes_.data() + static_cast<std::size_t>(index) * mask.pixels.size();
        for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
            mask.pixels[i] = from[i] != 0 ? 65535 : 0;
        }
        return mask;
    }

private:
    std::string bytes_;
    int height_, width_;
};

} // namespace

int main(int argc, char** argv)
{
    if (argc != 8) {
        std::fprintf(stderr, "usage: reelmend-fill FRAMES MASKS COUNT HEIGHT WIDTH FILLED SEEN\n");
        return 2;
    }
    try {
        const std::int64_t count = std::atoll(argv[3]);
        const int height = std::atoi(argv[4]), width = std::atoi(argv[5]);
        RawFrames frames(base::readFile(argv[1]), count, height, width);
        RawMasks masks(base::readFile(argv[2]), height, width);
        const base::Control control;
        classical::Settings settings;
        settings.task = jobs::Task::kInpaint;
        settings.threads = 1;
        const auto enhancer = classical::Enhancer::make(settings, frames, &masks, control);
        std::ofstream filled(argv[6], std::ios::binary), seen(argv[7], std::ios::binary);
        for (std::int64_t i = 0; i < count; ++i) {
            const classical::EnhancedFrame made = enhancer->enhance(i);
            const video::Image8 rgb = video::toRgb8(made.frame);
            filled.write(
                reinterpret_cast<const char*>(rgb.pixels.data()), static_cast<std::streamsize>(rgb.pixels.size()));
            const video::Image8 map = made.seen ? *made.seen : video::Image8(width, height, 1, 255);
            seen.write(
                reinterpret_cast<const char*>(map.pixels.data()), static_cast<std::streamsize>(map.pixels.size()));
        }
        return filled.flush() && seen.flush() ? 0 : 1;
    } catch (const base::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
