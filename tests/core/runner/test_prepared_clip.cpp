#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/media/video_reader.h"
#include "core/runner/prepared_clip.h"
#include "core/runner/run_job.h"
#include "core/video/convert.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::runner;
namespace fs = std::filesystem;

namespace {

// A frame of three by two pixels, numbered from left to right, or the mask with these numbers.
class Numbers : public video::FrameSource {
public:
    Numbers()
    {
        info_.header.width = 3;
        info_.header.height = 2;
        info_.header.rotationDegrees = 90;
        info_.header.pixelAspect = {4, 3};
    }
    const video::ClipInfo& info() const override { return info_; }
    std::int64_t frameCount() const override { return 1; }
    video::Frame frame(std::int64_t) override
    {
        video::FrameBuilder builder({video::pixelFormat("gray"), 3, 2, {}, {7, 1, {1, 24}}});
        for (int i = 0; i < 6; ++i) {
            builder.row(0, i / 3)[i % 3] = static_cast<std::uint8_t>(i);
        }
        return builder.finish();
    }

private:
    video::ClipInfo info_;
};

class NumberMask : public video::MaskSource {
public:
    bool isStatic() const override { return true; }
    video::Mask mask(std::int64_t) override
    {
        video::Mask mask(3, 2, 1);
        for (int i = 0; i < 6; ++i) {
            mask.row(i / 3)[i % 3] = static_cast<std::uint16_t>(i);
        }
        return mask;
    }
};

std::vector<int> numbersOf(const video::Frame& frame)
{
    std::vector<int> numbers;
    for (int y = 0; y < frame.height(); ++y) {
        for (int x = 0; x < frame.width(); ++x) {
            numbers.push_back(frame.plane(0).data[y * frame.plane(0).stride + x]);
        }
    }
    return numbers;
}

jobs::EnhanceRequest requestFor(const fs::path& input, const fs::path& output, jobs::Task task)
{
    jobs::EnhanceRequest request;
    request.input = base::pathText(input);
    request.output = base::pathText(output);
    request.model = "classical";
    request.task = task;
    request.scale = 2;
    request.overwrite = true;
    return request;
}

} // namespace

TEST_CASE("frame and mask are turned clockwise together")
{
    const std::map<int, std::vector<int>> expected{
        {90, {3, 0, 4, 1, 5, 2}}, {180, {5, 4, 3, 2, 1, 0}}, {270, {2, 5, 1, 4, 0, 3}}};
    for (const auto& [degrees, numbers] : expected) {
        CAPTURE(degrees);
        const Preparation preparation{degrees, {}};
        const auto clip = prepared(std::make_unique<Numbers>(), preparation);
        const video::Frame frame = clip->frame(0);
        CHECK(numbersOf(frame) == numbers);
        CHECK(frame.time().pts == 7);
        CHECK(clip->info().header.width == frame.width());
        CHECK(clip->info().header.height == frame.height());
        CHECK(clip->info().header.rotationDegrees == 0);
        CHECK(clip->info().header.pixelAspect.num == (degrees == 180 ? 4 : 3));
        const video::Mask mask = prepared(std::make_unique<NumberMask>(), preparation)->mask(0);
        CHECK(mask.width == frame.width());
        CHECK(std::vector<int>(mask.pixels.begin(), mask.pixels.end()) == numbers);
    }
}

TEST_CASE("a clip that is to be turned is upright in every kind of result")
{
    const test::TemporaryFolder folder;
    test::ClipSpec spec;
    spec.frames = 3;
    spec.rotation = 90;
    test::makeClip(folder / "phone.mp4", spec);
    for (const char* name : {"out.mp4", "out.mkv", "out.webm", "out.%04d.png"}) {
        CAPTURE(name);
        base::Control control;
        const jobs::JobFolder job = jobs::JobFolder::create(
            folder / "jobs", requestFor(folder / "phone.mp4", folder / name, jobs::Task::kRestore));
        REQUIRE(runJob(job, control, {}) == jobs::JobState::kFinished);
        const auto reader = media::VideoReader::open(folder / name);
        CHECK(reader->info().displayWidth() == 64);
        CHECK(reader->info().displayHeight() == 96);
        const bool isTagged = reader->info().header.rotationDegrees != 0;
        CHECK(isTagged == (std::string(name) == "out.mp4"));
        // Painted numbers can only be read as they were painted.
        const Preparation back{isTagged ? 0 : 270, {}};
        CHECK(test::paintedNumber(prepared(media::VideoReader::open(folder / name), back)->frame(2)) == 2);
    }
}

TEST_CASE("untagged colours stay what they were where a larger picture would be taken for others")
{
    const test::TemporaryFolder folder;
    const auto redOf = [&](const fs::path& path) {
        const video::Frame frame = media::VideoReader::open(path)->frame(0);
        const video::Image8 rgb = video::toRgb8(frame);
        const std::uint8_t* middle = rgb.row(rgb.height / 2) + 3 * (rgb.width / 2);
        return std::array<int, 3>{middle[0], middle[1], middle[2]};
    };
    const auto enlarged = [&](int width, int height) {
        test::ClipSpec spec;
        spec.frames = 2;
        spec.width = width;
        spec.height = height;
        test::makeClip(folder / "in.mp4", spec);
        base::Control control;
        const jobs::JobFolder job = jobs::JobFolder::create(
            folder / "jobs", requestFor(folder / "in.mp4", folder / "out.mp4", jobs::Task::kUpscale));
        REQUIRE(runJob(job, control, {}) == jobs::JobState::kFinished);
        return media::VideoReader::open(folder / "out.mp4")->info().header.colour;
    };
    // 400 lines are taken for BT.601, 800 for BT.709.
    CHECK(enlarged(640, 400).matrix == video::Matrix::kSmpte170m);
    const auto before = redOf(folder / "in.mp4"), after = redOf(folder / "out.mp4");
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(std::abs(before[i] - after[i]) <= 6);
    }
    // 200 and 400 lines are taken for the same: nothing is said that the source did not say.
    CHECK(enlarged(320, 200).matrix == video::Matrix::kUnspecified);
}

TEST_CASE("a clip of odd sides can be enlarged")
{
    const test::TemporaryFolder folder;
    test::ClipSpec spec;
    spec.frames = 2;
    spec.encoder = "ffv1";
    spec.width = 67;
    spec.height = 45;
    test::makeClip(folder / "odd.mkv", spec);
    base::Control control;
    const jobs::JobFolder job = jobs::JobFolder::create(
        folder / "jobs", requestFor(folder / "odd.mkv", folder / "out.mp4", jobs::Task::kUpscale));
    CHECK(runJob(job, control, {}) == jobs::JobState::kFinished);
    const auto reader = media::VideoReader::open(folder / "out.mp4");
    CHECK(reader->frame(0).width() == 134);
    CHECK(reader->frame(0).height() == 90);
}
