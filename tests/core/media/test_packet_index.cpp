#include <doctest/doctest.h>

#include <random>

#include "core/media/packet_index.h"

using namespace reelmend::media;

namespace {

// Decoding order I0 P3 B1 B2 I6 B4 B5: an open group whose leading frames are shown before its key frame.
PacketIndex openGroups()
{
    PacketIndex index;
    index.timeBase = {1, 24};
    index.lastDuration = 1;
    const std::int64_t shown[] = {0, 3, 1, 2, 6, 4, 5};
    for (std::int64_t i = 0; i < 7; ++i) {
        index.packets.push_back({shown[i], i - 2, 100 * i, i == 0 || i == 4});
    }
    for (std::int64_t display = 0; display < 7; ++display) {
        for (std::int64_t i = 0; i < 7; ++i) {
            if (shown[i] == display) {
                index.frames.push_back({display, i, false});
            }
        }
    }
    return index;
}

} // namespace

TEST_CASE("leading frames of an open group start at the group before")
{
    const PacketIndex index = openGroups();
    CHECK(index.keyFor(6) == 4);
    CHECK(index.keyFor(5) == 0);
    CHECK(index.keyFor(4) == 0);
    CHECK(index.keyFor(2) == 0);
    CHECK(index.keyFor(6, 1) == 0);
    CHECK(index.duration(3) == 1);
    CHECK(index.displayOfOrdinal()[1] == 3);
}

TEST_CASE("an index survives packing, and nothing else passes")
{
    const PacketIndex index = openGroups();
    const std::string bytes = packIndex(index);
    REQUIRE(unpackIndex(bytes));
    CHECK(*unpackIndex(bytes) == index);
    CHECK(!unpackIndex(""));
    CHECK(!unpackIndex("reelmend index 3\n"));
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        REQUIRE(!unpackIndex(std::string_view(bytes).substr(0, length)));
    }
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
        std::string damaged = bytes;
        damaged[random() % damaged.size()] ^= static_cast<char>(1 + random() % 255);
        REQUIRE(!unpackIndex(damaged));
    }
    PacketIndex wrong = index;
    wrong.frames[2].ordinal = 99;
    CHECK(!unpackIndex(packIndex(wrong)));
    wrong = index;
    wrong.frames[2].pts = 0;
    CHECK(!unpackIndex(packIndex(wrong)));
    wrong = index;
    wrong.frames[2].ordinal = wrong.frames[1].ordinal;
    CHECK(!unpackIndex(packIndex(wrong)));
}
