#include <doctest/doctest.h>

#include <fstream>

#include "core/base/files.h"
#include "core/jobs/segment_index.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::jobs;

namespace {

void makeFile(const std::filesystem::path& path, std::size_t bytes)
{
    std::ofstream(path) << std::string(bytes, 's');
}

} // namespace

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
             "{\"segments\":[{\"begin\":-4,\"end\":4,\"path\":\"a\"}]}",
             "{\"segments\":[{\"begin\":0,\"end\":1e99,\"path\":\"a\"}]}"}) {
        std::ofstream(folder / "index.json") << text;
        CHECK_MESSAGE(!SegmentIndex::read(folder.path()), text);
    }
}

TEST_CASE("segments count up to the first gap, missing file or wrong size")
{
    const test::TemporaryFolder folder;
    for (int i = 0; i < 4; ++i) {
        makeFile(folder / segmentFileName(i), 10);
    }
    const SegmentIndex whole{"", {{{0, 4}, "000000.mkv", 10}, {{4, 8}, "000001.mkv", 10}, {{8, 12}, "000002.mkv", 10},
                                     {{13, 16}, "000003.mkv", 10}}};
    SegmentIndex gap = whole;
    gap.keepContiguous(folder.path(), 0);
    CHECK(gap.segments.size() == 3);

    SegmentIndex otherStart = whole;
    otherStart.keepContiguous(folder.path(), 1);
    CHECK(otherStart.segments.empty());

    makeFile(folder / "000001.mkv", 9);
    SegmentIndex shortFile = whole;
    shortFile.keepContiguous(folder.path(), 0);
    CHECK(shortFile.segments.size() == 1);

    std::filesystem::remove(folder / "000000.mkv");
    SegmentIndex missing = whole;
    missing.keepContiguous(folder.path(), 0);
    CHECK(missing.segments.empty());
}
