#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/train/batch.h"
#include "core/train/degrade.h"
#include "core/train/degrade_shapes.h"
#include "tests/core/train/tiny_pack.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::train;

namespace {

Pixels gradientPicture(std::int64_t frames = 5, std::int64_t size = 40)
{
    Pixels p(frames, 3, size, size);
    for (std::int64_t f = 0; f < frames; ++f) {
        for (std::int64_t c = 0; c < 3; ++c) {
            for (std::int64_t y = 0; y < size; ++y) {
                for (std::int64_t x = 0; x < size; ++x) {
                    p.at(f, c, y, x) = static_cast<float>(
                        0.5 + 0.3 * std::sin(0.3 * static_cast<double>(x + f) + static_cast<double>(c)) *
                                  std::cos(0.2 * static_cast<double>(y)));
                }
            }
        }
    }
    return p;
}

double meanDifference(const Pixels& a, const Pixels& b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) {
        sum += std::abs(static_cast<double>(a.values[i]) - b.values[i]);
    }
    return sum / static_cast<double>(a.values.size());
}

} // namespace

TEST_CASE("resizing keeps flat pictures flat and slopes straight, and the same size is the same picture")
{
    Pixels flat(1, 1, 12, 10, 0.37f);
    for (const Filter filter : {Filter::kBox, Filter::kBilinear, Filter::kBicubic, Filter::kLanczos}) {
        for (const float v : resized(flat, 24, 5, filter).values) {
            CHECK(v == doctest::Approx(0.37).epsilon(1e-5));
        }
        const Pixels p = gradientPicture(1, 16);
        CHECK(meanDifference(resized(p, 16, 16, filter), p) < 1e-6);
    }
    Pixels slope(1, 1, 4, 16);
    for (std::int64_t x = 0; x < 16; ++x) {
        for (std::int64_t y = 0; y < 4; ++y) {
            slope.at(0, 0, y, x) = static_cast<float>(x) / 16;
        }
    }
    CHECK(resized(slope, 8, 32, Filter::kBilinear).at(0, 0, 4, 15) == doctest::Approx(7.25 / 16).epsilon(1e-5));
    const Pixels twice = resized(slope, 8, 32, Filter::kLanczos);
    // Pixel centres: column 15 of 32 lies at 7.25 of 16.
    CHECK(twice.at(0, 0, 4, 15) == doctest::Approx(7.25 / 16).epsilon(0.01));
}

TEST_CASE("block quantisation changes little at high quality and more at low")
{
    const Pixels p = gradientPicture(1, 32);
    Pixels fine = p, coarse = p;
    quantiseBlocks(fine, 98);
    quantiseBlocks(coarse, 10);
    CHECK(meanDifference(fine, p) < 0.012);
    CHECK(meanDifference(coarse, p) > 1.5 * meanDifference(fine, p));
}

TEST_CASE("noise has the deviation that was asked for, fine or coarse-grained")
{
    for (const double grain : {0.0, 0.8}) {
        Random random(3);
        Pixels p(4, 3, 48, 48, 0.5f);
        addNoise(p, 0.1, grain, false, random);
        double squares = 0;
        for (const float v : p.values) {
            squares += (v - 0.5) * (v - 0.5);
        }
        CHECK(std::sqrt(squares / static_cast<double>(p.values.size())) == doctest::Approx(0.1).epsilon(0.03));
    }
}

TEST_CASE("every kind of damage is damage, stays in range, repeats with its key and differs with another")
{
    const Pixels clean = gradientPicture();
    const auto check = [&](auto&& damage) {
        int differing = 0;
        for (std::uint64_t key = 1; key <= 6; ++key) {
            Random a(key), b(key), c(key + 100);
            const Pixels first = damage(a), again = damage(b), other = damage(c);
            CHECK(first.values == again.values);
            differing += first.values != other.values;
            const auto [least, most] = std::minmax_element(first.values.begin(), first.values.end());
            CHECK(*least >= 0);
            CHECK(*most <= 1);
        }
        CHECK(differing == 6);
    };
    check([&](Random& r) { return reduced(clean, 2, r); });
    check([&](Random& r) { return worn(clean, r); });
    check([&](Random& r) { return holed(clean, {}, r).picture; });
    check([&](Random& r) { return rendered(clean, r).picture; });
    check([&](Random& r) { return swimming(clean, r).picture; });
    check([&](Random& r) { return inserted(clean, {}, r).picture; });
}

TEST_CASE("holes and inserted objects leave what lies outside their mask alone, and say what is a guess")
{
    const Pixels clean = gradientPicture();
    int guesses = 0, touchedOutside = 0, guessesOutside = 0;
    for (std::uint64_t key = 1; key <= 10; ++key) {
        Random a(key), b(key);
        for (const Degraded& d : {holed(clean, {}, a), inserted(clean, {}, b)}) {
            for (std::int64_t f = 0; f < clean.frames; ++f) {
                const auto mask = d.mask.plane(f, 0), trust = d.trust.plane(f, 0);
                const auto given = d.picture.plane(f, 1), kept = clean.plane(f, 1);
                for (std::size_t i = 0; i < mask.size(); ++i) {
                    touchedOutside += mask[i] == 0 && given[i] != kept[i];
                    guessesOutside += mask[i] == 0 && trust[i] != 1;
                    guesses += trust[i] == 0;
                }
            }
        }
    }
    CHECK(touchedOutside == 0);
    CHECK(guessesOutside == 0);
    CHECK(guesses > 0);
}

TEST_CASE("diffusion into a hole meets its border")
{
    Pixels image(1, 1, 32, 32, 0.25f), hole(1, 1, 32, 32);
    for (std::int64_t y = 10; y < 22; ++y) {
        for (std::int64_t x = 10; x < 22; ++x) {
            hole.at(0, 0, y, x) = 1;
            image.at(0, 0, y, x) = 9;
        }
    }
    for (const float v : diffusedInto(image, hole).values) {
        CHECK(v == doctest::Approx(0.25).epsilon(1e-4));
    }
}

TEST_CASE("a batch follows from its numbers alone, and shows the right thing in the right place")
{
    test::TemporaryFolder folder;
    test::writeTinyPack(folder / "tiny.safetensors");
    const ClipPack pack(folder / "tiny.safetensors");
    REQUIRE(pack.segments().size() == 2);
    BatchSettings settings;
    settings.crop = 32;
    settings.clips = 2;
    settings.codecShare = 1;
    bool seen[6] = {};
    bool longer = false;
    for (std::uint64_t step = 0; step < 40; ++step) {
        const Batch a = drawBatch(pack, settings, 5, step, 1), b = drawBatch(pack, settings, 5, step, 1);
        REQUIRE(at::equal(a.input, b.input));
        REQUIRE(at::equal(a.target, b.target));
        CHECK(a.input.size(2) == models::kLiteInputChannels);
        CHECK(a.input.size(0) == a.target.size(0));
        CHECK((a.input.size(1) - 1) % 4 == 0);
        longer = longer || a.input.size(1) == 9;
        seen[a.conditions.front()] = true;
        // Input and target show the same place: they differ less than the target varies.
        const double error = (a.input.narrow(2, 0, 3) - a.target).square().mean().item<double>();
        if (a.conditions.front() < 3) {
            CHECK(error < 0.35 * a.target.var().item<double>());
        }
        CHECK(error > 0);
    }
    for (const bool condition : seen) {
        CHECK(condition);
    }
    CHECK(longer);
    CHECK_FALSE(at::equal(drawBatch(pack, settings, 5, 1, 1).target, drawBatch(pack, settings, 5, 2, 1).target));
    CHECK_FALSE(at::equal(drawBatch(pack, settings, 5, 1, 1).target, drawBatch(pack, settings, 6, 1, 1).target));
}

TEST_CASE("a pack that is not one is refused with the reason")
{
    test::TemporaryFolder folder;
    const auto why = [&](const std::filesystem::path& path) {
        try {
            const ClipPack pack(path);
        } catch (const base::Error& error) {
            return error.why();
        }
        return std::string();
    };
    CHECK(why(folder / "absent.safetensors").find("exist") != std::string::npos);
    base::writeFileAtomically(folder / "short", "1234567890");
    CHECK(why(folder / "short") != "");
    test::writeTinyPack(folder / "wrong", {.wrongReduction = 3});
    CHECK(why(folder / "wrong").find("x2.0") != std::string::npos);
    models::writeSafetensors(folder / "floats", {{"s000.clean", at::zeros({1, 8, 8, 3})}}, {{"segments", "[]"}});
    CHECK(why(folder / "floats").find("8-bit") != std::string::npos);
    models::writeSafetensors(
        folder / "empty", {{"s000.clean", at::zeros({1, 8, 8, 3}, at::kByte)}}, {{"segments", "[]"}});
    CHECK(why(folder / "empty").find("no segment") != std::string::npos);
}
