#include <doctest/doctest.h>

#include <fstream>

#include "core/base/files.h"
#include "core/runner/segment_writer.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::runner;
namespace fs = std::filesystem;

namespace {

EnhancePlan planOf(std::int64_t begin, std::int64_t end, media::Codec codec = media::Codec::kH264)
{
    EnhancePlan plan;
    plan.range = {begin, end};
    plan.segmentFrames = 10;
    plan.origin = "this clip";
    plan.isSequence = media::isSequenceCodec(codec);
    plan.segmentExtension = plan.isSequence ? ".png" : ".mkv";
    plan.writer.codec = codec;
    plan.writer.pixelFormat = plan.isSequence ? "rgb24" : "yuv420p";
    plan.writer.width = 64;
    plan.writer.height = 48;
    plan.writer.timeBase = {1, 24};
    return plan;
}

// Writes frames up to `end`; how many segments that finished.
int writeFrames(SegmentWriter& writer, const EnhancePlan& plan, std::int64_t end)
{
    int finished = 0;
    for (std::int64_t i = writer.nextFrame(); i < end; ++i) {
        const video::Frame frame =
            test::paintedFrame(static_cast<int>(i), 64, 48, plan.writer.pixelFormat, {i, 1, {1, 24}});
        finished += writer.write({frame, frame, nullptr}, i) ? 1 : 0;
    }
    return finished;
}

int filesIn(const fs::path& folder)
{
    int count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder)) {
        ++count;
    }
    return count;
}

} // namespace

TEST_CASE("finished segments are taken over, a half one is made again")
{
    for (const media::Codec codec : {media::Codec::kH264, media::Codec::kPng}) {
        const test::TemporaryFolder folder;
        const EnhancePlan plan = planOf(5, 38, codec);
        base::Control control;
        {
            SegmentWriter writer(plan, folder.path(), control);
            CHECK(writer.framesDone() == 0);
            CHECK(writeFrames(writer, plan, 29) == 2); // two segments and four frames
        }
        std::ofstream(folder / "000002.part77.mkv") << "what a killed process left";
        SegmentWriter again(plan, folder.path(), control);
        CHECK(again.framesDone() == 20);
        CHECK(again.nextFrame() == 25);
        CHECK(filesIn(folder.path()) == 3); // two pieces and the index
        CHECK(writeFrames(again, plan, 38) == 2);
        CHECK(again.files().size() == 4);
        CHECK(SegmentWriter(plan, folder.path(), control).framesDone() == 33);
    }
}

TEST_CASE("pieces of another origin, and damaged ones, are thrown away")
{
    const test::TemporaryFolder folder;
    EnhancePlan plan = planOf(0, 30);
    base::Control control;
    {
        SegmentWriter writer(plan, folder.path(), control);
        writeFrames(writer, plan, 30);
    }
    std::ofstream(folder / "000001.mkv", std::ios::app) << "x";
    CHECK(SegmentWriter(plan, folder.path(), control).framesDone() == 10);
    CHECK(filesIn(folder.path()) == 2);
    plan.origin = "that clip";
    CHECK(SegmentWriter(plan, folder.path(), control).framesDone() == 0);
    CHECK(filesIn(folder.path()) == 1);
}
