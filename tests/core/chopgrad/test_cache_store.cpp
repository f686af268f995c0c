#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/chopgrad/cache_store.h"
#include "tests/support/random_decoder.h"
#include "tests/support/test_support.h"

using namespace reelmend;

namespace {

// Slots of several shapes, layouts and types; one undefined, one empty.
models::CausalCache someCache(std::uint64_t seed)
{
    models::CausalCache cache = models::midShotCache();
    cache.slots = {test::randomTensor({1, 2, 2, 3, 4}, seed), at::Tensor(),
        test::randomTensor({1, 3, 2, 6, 8}, seed + 1, at::kFloat).contiguous(at::MemoryFormat::ChannelsLast3d),
        test::randomTensor({2, 5}, seed + 2, at::kBFloat16).t(), at::empty({0, 4})};
    return cache;
}

bool sameCache(const models::CausalCache& a, const models::CausalCache& b)
{
    bool same = a.atStart == b.atStart && a.slots.size() == b.slots.size();
    for (std::size_t i = 0; same && i < a.slots.size(); ++i) {
        same = a.slots[i].defined() == b.slots[i].defined();
        if (same && a.slots[i].defined()) {
            same = a.slots[i].scalar_type() == b.slots[i].scalar_type() && at::equal(a.slots[i], b.slots[i]) &&
                   a.slots[i].strides() == b.slots[i].strides();
        }
    }
    return same;
}

} // namespace

TEST_CASE("stores give caches back bit for bit, in any order, more than once")
{
    const test::TemporaryFolder folder;
    for (int kind = 0; kind < 3; ++kind) {
        INFO("kind " << kind);
        const auto store = kind == 0   ? chopgrad::makeDeviceStore()
                           : kind == 1 ? chopgrad::makeHostStore()
                                       : chopgrad::makeDiskStore(folder.path());
        for (std::int64_t round = 0; round < 2; ++round) {
            for (std::int64_t group = 1; group <= 9; ++group) {
                store->put(group, someCache(static_cast<std::uint64_t>(100 * round + group)));
            }
            CHECK(store->held().caches == 9);
            for (std::int64_t group = 9; group >= 1; --group) {
                const auto expected = someCache(static_cast<std::uint64_t>(100 * round + group));
                CHECK(sameCache(store->get(group), expected));
                store->prefetch(group - 1);
                if (group % 2 == 0) {
                    CHECK(sameCache(store->get(group), expected));
                }
                store->prefetch(group);
                store->prefetch(group); // whatever is asked for twice is there once
                store->drop(group);
            }
            CHECK(store->held().caches == 0);
            store->drop(5); // again: nothing happens
        }
    }
}

TEST_CASE("the disk store leaves nothing in its folder and reuses its space")
{
    const test::TemporaryFolder folder;
    {
        const auto store = chopgrad::makeDiskStore(folder / "new one");
        for (std::int64_t group = 1; group < 50; ++group) {
            store->put(group, someCache(1));
            store->drop(group - 1);
        }
        CHECK(std::filesystem::is_empty(folder / "new one"));
        CHECK(store->held().disk > 0);
    }
    CHECK(std::filesystem::is_empty(folder / "new one"));
    std::ofstream(folder / "a file") << "x";
    CHECK_THROWS_AS(chopgrad::makeDiskStore(folder / "a file"), base::Error);
}

TEST_CASE("the recomputing store makes what it did not keep, a stretch at a time")
{
    test::RandomDecoder decoder({});
    const chopgrad::ClipLatents clip{test::randomTensor({1, 2, 8, 4, 4}, 3), {}, {}};
    const chopgrad::DecoderChain chain(decoder, clip);
    std::int64_t forwards = 0;
    const auto store = chopgrad::makeRecomputingStore(chain, 3, {}, forwards);
    std::vector<models::CausalCache> caches{{}};
    for (std::int64_t group = 0; group < 8; ++group) {
        if (group > 0) {
            store->put(group, caches.back());
        }
        caches.push_back(chain.run(group, chain.inputs(group), caches.back()).cache);
    }
    CHECK(store->held().caches == 2); // 3 and 6
    for (std::int64_t group = 7; group >= 0; --group) {
        CHECK(sameCache(store->get(group), caches[static_cast<std::size_t>(group)]));
        store->drop(group);
    }
    CHECK(forwards == 1 + 2 + 2);
}
