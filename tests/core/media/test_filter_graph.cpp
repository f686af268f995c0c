#include <doctest/doctest.h>

#include "core/base/error.h"
#include "core/media/filter_graph.h"
#include "tests/core/media/make_clip.h"

using namespace reelmend;
using media::FilterGraph;

TEST_CASE("frames pass through a filter with times and tags")
{
    FilterGraph graph({"hqdn3d=4:3:6:4.5", {}, 1});
    const video::ColourTags tags{
        video::Primaries::kBt709, video::Transfer::kBt709, video::Matrix::kBt709, video::ColourRange::kLimited};
    std::vector<video::Frame> out;
    for (int i = 0; i < 5; ++i) {
        for (auto& frame :
            graph.push(test::paintedFrame(i, 96, 64, "yuv420p10le", {i * 1001, 1001, {1, 24000}}, tags))) {
            out.push_back(std::move(frame));
        }
    }
    for (auto& frame : graph.flush()) {
        out.push_back(std::move(frame));
    }
    REQUIRE(out.size() == 5);
    for (int i = 0; i < 5; ++i) {
        const auto& frame = out[static_cast<std::size_t>(i)];
        CHECK(frame.format().name == "yuv420p10le");
        CHECK(frame.time().pts == i * 1001);
        CHECK(frame.time().timeBase == base::Rational{1, 24000});
        CHECK(frame.colour().matrix == tags.matrix);
        CHECK(frame.colour().range == tags.range);
    }
}

TEST_CASE("a filter may hold frames back and give them at the end")
{
    FilterGraph graph({"tmix=frames=3", {}, 1});
    std::size_t count = 0;
    for (int i = 0; i < 6; ++i) {
        count += graph.push(test::paintedFrame(i, 32, 32, "yuv420p", {i, 1, {1, 24}})).size();
    }
    count += graph.flush().size();
    CHECK(count == 6);
    // Afresh after flush(), also with another size.
    CHECK(graph.push(test::paintedFrame(9, 48, 32, "yuv420p")).size() + graph.flush().size() == 1);
}

TEST_CASE("scaling keeps the picture and gives the asked size and format")
{
    const video::Frame small = test::paintedFrame(0x5a5a, 64, 64, "yuv420p");
    const video::Frame large = media::filterFrame(small, "zscale=w=128:h=128:filter=lanczos");
    CHECK(large.width() == 128);
    CHECK(test::paintedNumber(large) == 0x5a5a);
    FilterGraph graph({"scale=96:96:flags=lanczos", {"yuv444p"}, 1});
    auto frames = graph.push(small);
    for (auto& frame : graph.flush()) {
        frames.push_back(std::move(frame));
    }
    REQUIRE(frames.size() == 1);
    CHECK(frames.front().format().name == "yuv444p");
    CHECK(test::paintedNumber(frames.front()) == 0x5a5a);
}

TEST_CASE("the frame handed in stays as it was")
{
    const video::Frame frame = test::noiseFrame(1, 64, 48, video::pixelFormat("yuv420p"));
    const video::Frame same = test::noiseFrame(1, 64, 48, video::pixelFormat("yuv420p"));
    const video::Frame out = media::filterFrame(frame, "drawbox=t=fill");
    CHECK(!video::sameSamples(out, frame));
    CHECK(video::sameSamples(frame, same));
}

TEST_CASE("unknown filters and changing frames are refused")
{
    CHECK(FilterGraph::hasFilter("hqdn3d"));
    CHECK(!FilterGraph::hasFilter("nosuchfilter"));
    const video::Frame frame = test::paintedFrame(1, 32, 32, "yuv420p");
    const auto kindOf = [&](const std::string& description) {
        try {
            media::filterFrame(frame, description);
        } catch (const base::Error& error) {
            return error.kind();
        }
        return base::ErrorKind::kFailed;
    };
    CHECK(kindOf("nosuchfilter=1") == base::ErrorKind::kUnavailable);
    CHECK(kindOf("hqdn3d=nonsense=1") == base::ErrorKind::kUsage);
    FilterGraph graph({"null", {}, 1});
    graph.push(frame);
    CHECK_THROWS_AS(graph.push(test::paintedFrame(1, 64, 32, "yuv420p")), base::Error);
}
