#include <doctest/doctest.h>

#include <set>

#include "core/base/error.h"
#include "core/enhance/windows.h"

using namespace reelmend;
using namespace reelmend::enhance;

namespace {

std::vector<WindowShare> shares(std::int64_t frame, std::int64_t count, const std::set<std::int64_t>& cuts = {})
{
    return sharesOf(frame, count, {13, 4}, [&](std::int64_t i) { return i == 0 || cuts.contains(i); });
}

} // namespace

TEST_CASE("windows stand at fixed frames and turn into each other over their overlap")
{
    // Windows of 13 frames, one every 9.
    REQUIRE(shares(8, 100).size() == 1);
    CHECK(shares(8, 100)[0].frames == base::FrameRange{0, 13});
    const auto both = shares(10, 100);
    REQUIRE(both.size() == 2);
    CHECK(both[0].frames == base::FrameRange{0, 13});
    CHECK(both[1].frames == base::FrameRange{9, 22});
    CHECK(both[0].weight == doctest::Approx(0.6));
    CHECK(both[1].weight == doctest::Approx(0.4));
    CHECK(shares(13, 100)[0].frames == base::FrameRange{9, 22});
    CHECK(shares(99, 100)[0].frames == base::FrameRange{99 / 9 * 9 - 9, 100});
}

TEST_CASE("no window reaches over a cut, and a part that another one holds whole is left out")
{
    CHECK(shares(5, 100, {6})[0].frames == base::FrameRange{0, 6});
    CHECK(shares(6, 100, {6})[0].frames == base::FrameRange{6, 13});
    // The shot begins inside the overlap: the later window sees all of it.
    REQUIRE(shares(11, 100, {10}).size() == 1);
    CHECK(shares(11, 100, {10})[0].frames == base::FrameRange{10, 22});
    // It ends inside the overlap: the earlier window sees all of it.
    REQUIRE(shares(9, 100, {10}).size() == 1);
    CHECK(shares(9, 100, {10})[0].frames == base::FrameRange{0, 10});
    // One frame between two cuts.
    CHECK(shares(10, 100, {10, 11})[0].frames == base::FrameRange{10, 11});
}

TEST_CASE("every frame of any clip gets parts that hold it, of its own shot, with weights that sum to one")
{
    for (const std::set<std::int64_t>& cuts :
        std::vector<std::set<std::int64_t>>{{}, {1}, {9}, {12, 13}, {10, 20, 21, 40}, {13, 22, 31}}) {
        for (const std::int64_t count : {1, 9, 13, 14, 50}) {
            for (std::int64_t frame = 0; frame < count; ++frame) {
                double sum = 0;
                for (const WindowShare& share : shares(frame, count, cuts)) {
                    CHECK(share.frames.begin <= frame);
                    CHECK(frame < share.frames.end);
                    CHECK(share.frames.end <= count);
                    CHECK(share.frames.size() <= 13);
                    for (const std::int64_t cut : cuts) {
                        CHECK((cut <= share.frames.begin || cut >= share.frames.end));
                    }
                    CHECK(share.weight > 0);
                    sum += share.weight;
                }
                CHECK(sum == doctest::Approx(1));
            }
        }
    }
    CHECK_THROWS_AS(sharesOf(0, 10, {8, 5}, [](std::int64_t) { return false; }), base::Error);
}

TEST_CASE("tiles cover the picture, share what was asked for, and stay below the limit")
{
    for (const std::int64_t height : {2, 30, 60, 90, 134}) {
        for (const std::int64_t width : {2, 52, 104, 240}) {
            for (const std::int64_t most : {100, 1000, 6240}) {
                const TileGrid grid = tileGrid(height, width, most, 8, 2);
                for (const auto& [spans, size] : {std::pair(grid.rows, height), std::pair(grid.columns, width)}) {
                    CHECK(spans.front().begin == 0);
                    CHECK(spans.back().end == size);
                    for (std::size_t i = 1; i < spans.size(); ++i) {
                        CHECK(spans[i - 1].end - spans[i].begin >= 8);
                        CHECK(spans[i].end - spans[i].begin == spans[0].end - spans[0].begin);
                    }
                    CHECK((spans[0].end - spans[0].begin) % 2 == 0);
                }
                const std::int64_t cells =
                    (grid.rows[0].end - grid.rows[0].begin) * (grid.columns[0].end - grid.columns[0].begin);
                if (most >= 1000) {
                    CHECK(cells <= most);
                }
            }
        }
    }
    CHECK(tileGrid(60, 104, 6240, 8, 2).rows.size() == 1);
    CHECK(tileGrid(60, 104, 6239, 8, 2).columns.size() == 2);
}
