#include <doctest/doctest.h>

#include <fstream>

#include "core/jobs/segment_index.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::jobs;

TEST_CASE("an index is read as it was written")
{
    const test::TemporaryFolder folder;
    const SegmentIndex index{"clip 1", {{{10, 58}, "000000.mkv", 5}, {{58, 70}, "000001.mkv", 6}}};
    index.write(folder.path());
    CHECK(SegmentIndex::read(folder.path()) == index);
    CHECK(index.end(10) == 70);
    CHECK(SegmentIndex().end(10) == 10);
}

TEST_CASE("a damaged or strange index is none")
{
    const test::TemporaryFolder folder;
    CHECK_FALSE(SegmentIndex::read(folder.path()));
    for (const char* text : {"", "{", "[]", "{\"segments\":5}", "{\"segments\":[5]}",
             "{\"segments\":[{\"begin\":0,\"end\":0,\"path\":\"a\"}]}",
             "{\"segments\":[{\"begin\":0,\"end\":4,\"path\":\"../a\"}]}",
             "{\"segments\":[{\"begin\":0,\"end\":4,\"path\":\"a/../../b\"}]}",
             "{\"segments\":[{\"begin\":0,\"end\":4,\"path\":\"/etc\"}]}",
             "{\"segments\":[{\"begin\":-4,\"end\":4,\"path\":\"a\"}]}",
             "{\"segments\":[{\"begin\":0,\"end\":1e99,\"path\":\"a\"}]}"}) {
        std::ofstream(folder / "index.json") << text;
        CHECK_MESSAGE(!SegmentIndex::read(folder.path()), text);
    }
}

TEST_CASE("segments count up to the first gap or damage")
{
    const SegmentIndex whole{"", {{{0, 4}, "000000.mkv", 10}, {{4, 8}, "000001/%06d.png", 11},
                                     {{8, 12}, "000002.mkv", 12}, {{13, 16}, "000003.mkv", 13}}};
    const auto all = [](const Segment&) { return true; };
    SegmentIndex gap = whole;
    gap.keepContiguous(0, all);
    CHECK(gap.segments.size() == 3);
    CHECK(gap.end(0) == 12);

    SegmentIndex otherStart = whole;
    otherStart.keepContiguous(1, all);
    CHECK(otherStart.segments.empty());
    CHECK(otherStart.end(1) == 1);

    SegmentIndex damaged = whole;
    damaged.keepContiguous(0, [](const Segment& segment) { return segment.bytes != 11; });
    CHECK(damaged.segments.size() == 1);
}
