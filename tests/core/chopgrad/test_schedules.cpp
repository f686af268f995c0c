#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/chopgrad/sweep.h"
#include "core/perceptual/losses.h"
#include "tests/core/chopgrad/brute_force.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using plan::CacheStore;
using plan::ChopForm;
using plan::GradientMode;
using plan::GradientSchedule;

namespace {

struct Scene {
    std::unique_ptr<test::RandomDecoder> decoder;
    chopgrad::ClipLatents clip;
    at::Tensor target;
    std::int64_t groups = 0;
};

Scene makeScene(std::int64_t groups, bool skips, bool trained, std::int64_t height = 4, std::int64_t width = 5)
{
    Scene scene;
    test::RandomDecoderConfig config;
    config.skipChannels = skips ? 2 : 0;
    config.seed = 3;
    scene.decoder = std::make_unique<test::RandomDecoder>(config);
    models::setRequiresGrad([&](const models::ParameterVisitor& v) { scene.decoder->visit(v); }, trained);
    scene.groups = groups;
    scene.clip.latents = test::randomTensor({1, 2, groups, height, width}, 11);
    for (std::int64_t group = 0; skips && group < groups; ++group) {
        scene.clip.skips.push_back(scene.decoder->randomSkips(group, height, width, 500));
    }
    const std::int64_t frames = scene.decoder->groups(groups).back().frames.end;
    scene.target = test::randomTensor({1, 3, frames, 2 * height, 2 * width}, 12);
    return scene;
}

at::Tensor plainMse(const at::Tensor& x, const at::Tensor& y)
{
    return (x - y).square().mean();
}

at::Tensor plainCoupled(const at::Tensor& x, const at::Tensor& y)
{
    const std::int64_t pairs = x.size(2) - 1;
    if (pairs == 0) {
        return plainMse(x, y);
    }
    const auto change = [&](const at::Tensor& v) { return v.narrow(2, 1, pairs) - v.narrow(2, 0, pairs); };
    return plainMse(x, y) + 0.5 * (change(x) - change(y)).abs().mean();
}

double largestDifference(const at::Tensor& a, const at::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

// Which pairs (loss group, group) a schedule's gradient counts, from the words of its definition.
test::BruteForce::Counted countedBy(const GradientSchedule& schedule)
{
    if (schedule.mode != GradientMode::kChop) {
        return [](std::int64_t, std::int64_t) { return true; };
    }
    const std::int64_t distance = schedule.distance, interval = schedule.interval;
    return [=](std::int64_t loss, std::int64_t group) { return group >= loss / interval * interval - distance; };
}

std::vector<GradientSchedule> allSchedules()
{
    std::vector<GradientSchedule> all;
    for (const ChopForm form : {ChopForm::kSliding, ChopForm::kRecomputing, ChopForm::kDelayed}) {
        for (const int distance : {0, 1, 2, 3, 20}) {
            for (const int interval : {1, 2, 3}) {
                if (form == ChopForm::kDelayed && interval > 1) {
                    continue;
                }
                all.push_back({GradientMode::kChop, distance, form, interval});
            }
        }
    }
    GradientSchedule onDisk{GradientMode::kChop, 2, ChopForm::kRecomputing, 2};
    onDisk.store = CacheStore::kDisk;
    all.push_back(onDisk);
    for (const CacheStore store : {CacheStore::kDevice, CacheStore::kHost, CacheStore::kDisk}) {
        for (const int kept : {0, 2, 50}) {
            GradientSchedule exact;
            exact.store = store;
            exact.keptGraphs = kept;
            all.push_back(exact);
        }
    }
    for (const int every : {0, 1, 2, 3, 30}) {
        GradientSchedule exact;
        exact.store = CacheStore::kRecompute;
        exact.recomputeEvery = every;
        all.push_back(exact);
    }
    all.push_back({GradientMode::kFull});
    all.push_back({GradientMode::kCheckpoint});
    return all;
}

void checkAgainst(const test::BruteForce& truth, const chopgrad::ClipGradient& found, const Scene& scene,
    const test::BruteForce::Counted& counted)
{
    CHECK(largestDifference(found.latents, truth.latents(counted)) <= 1e-12);
    CHECK(found.loss == doctest::Approx(truth.loss).epsilon(1e-12));
    for (std::int64_t group = 0; group < static_cast<std::int64_t>(scene.clip.skips.size()); ++group) {
        for (std::size_t level = 0; level < 2; ++level) {
            const at::Tensor expected = truth.skip(group, level, counted);
            const at::Tensor& got = found.skips[static_cast<std::size_t>(group)][level];
            REQUIRE(expected.defined());
            REQUIRE(got.defined());
            CHECK(largestDifference(got, expected) <= 1e-12);
        }
    }
    for (std::size_t p = 0; p < found.parameters.size(); ++p) {
        const at::Tensor expected = truth.parameter(p, counted);
        const at::Tensor& got = found.parameters[p].gradient;
        CHECK(largestDifference(got, expected.defined() ? expected : at::zeros_like(got)) <= 1e-12);
    }
}

} // namespace

TEST_CASE("every schedule gives the gradient of its definition, in as many runs as it promises")
{
    for (const std::int64_t groups : {1, 2, 6, 7}) {
        for (const bool full : {false, true}) { // with skips and trained weights, and without
            Scene scene = makeScene(groups, full, full);
            const auto truth = test::bruteForce(
                *scene.decoder, scene.clip, [&](const at::Tensor& x) { return plainMse(x, scene.target); });
            const auto loss = perceptual::makeLoss({{}}, {scene.target});
            for (const auto& schedule : allSchedules()) {
                INFO(plan::scheduleText(schedule) << ", groups " << groups << ", trained " << full);
                const auto found = chopgrad::sweep(*scene.decoder, scene.clip, *loss, schedule);
                checkAgainst(truth, found, scene, countedBy(schedule));
                CHECK(found.parameters.size() == (full ? 8 : 0));
                const auto expected = plan::groupCounts(schedule, groups);
                CHECK(found.counts.forwards == expected.forwards);
                CHECK(found.counts.backwards == expected.backwards);
                CHECK(found.counts.liveGraphs == expected.liveGraphs);
                if (schedule.mode != GradientMode::kCheckpoint) { // its caches are in autograd's hands
                    CHECK(found.counts.held.caches == expected.keptCaches);
                }
            }
        }
    }
}

TEST_CASE("the counts of groups are those of the table in closed form")
{
    const std::int64_t n = 21;
    const auto w = [&](std::int64_t d) { return n * (d + 1) - d * (d + 1) / 2; };
    for (const int d : {0, 1, 2, 4, 20}) {
        const auto sliding = plan::groupCounts({GradientMode::kChop, d}, n);
        CHECK(sliding.forwards == n);
        CHECK(sliding.backwards == w(d));
        CHECK(sliding.liveGraphs == d + 1);
        const auto recomputing = plan::groupCounts({GradientMode::kChop, d, ChopForm::kRecomputing}, n);
        CHECK(recomputing.forwards == n + w(d));
        CHECK(recomputing.backwards == w(d));
        CHECK(recomputing.liveGraphs == 1);
        const auto delayed = plan::groupCounts({GradientMode::kChop, d, ChopForm::kDelayed}, n);
        CHECK(delayed.backwards == (d + 1) * (n - d));
    }
    CHECK(w(0) == 21);
    CHECK(w(1) == 41);
    CHECK(w(2) == 60);
    CHECK(w(4) == 95);
    const auto exact = plan::groupCounts({GradientMode::kExact}, n);
    CHECK(exact.forwards == 2 * n);
    CHECK(exact.backwards == n);
    GradientSchedule stretches;
    stretches.store = CacheStore::kRecompute;
    stretches.recomputeEvery = 5;
    CHECK(plan::groupCounts(stretches, n).forwards == 3 * n - 5);
    // training.md 3.3: block sweep (2, 3) over seven groups
    const auto block = plan::groupCounts({GradientMode::kChop, 2, ChopForm::kRecomputing, 3}, 7);
    CHECK(block.forwards == 18);
    CHECK(block.backwards == 11);
}

TEST_CASE("losses that couple frames give the same gradient in every schedule")
{
    Scene scene = makeScene(5, true, true);
    const auto truth = test::bruteForce(
        *scene.decoder, scene.clip, [&](const at::Tensor& x) { return plainCoupled(x, scene.target); });
    const auto loss = perceptual::makeLoss(perceptual::parseLosses("mse+0.5*frame-difference"), {scene.target});
    REQUIRE(loss->couplesFrames());
    for (const auto& schedule : allSchedules()) {
        INFO(plan::scheduleText(schedule));
        const auto found = chopgrad::sweep(*scene.decoder, scene.clip, *loss, schedule);
        checkAgainst(truth, found, scene, countedBy(schedule));
        CHECK(found.counts.forwards == plan::groupCounts(schedule, 5, true).forwards);
        CHECK(found.counts.backwards == plan::groupCounts(schedule, 5, true).backwards);
    }
}

TEST_CASE("full equals LibTorch's own backward of the clip's mean, bit for bit")
{
    for (const at::ScalarType dtype : {at::kDouble, at::kFloat}) {
        test::RandomDecoderConfig config;
        config.dtype = dtype;
        test::RandomDecoder decoder(config);
        const at::Tensor latents = test::randomTensor({1, 2, 6, 4, 4}, 1, dtype);
        const at::Tensor target = test::randomTensor({1, 3, 11, 8, 8}, 2, dtype);

        c10::AutoGradMode gradient(true);
        const at::Tensor leaf = latents.clone().requires_grad_(true);
        models::DecoderCache cache;
        std::vector<at::Tensor> frames;
        for (const auto& span : decoder.groups(6)) {
            auto step = decoder.decode(leaf.narrow(2, span.latents.begin, 1), {}, cache);
            cache = step.cache;
            frames.push_back(step.frames);
        }
        const at::Tensor plain = torch::autograd::grad({at::mse_loss(at::cat(frames, 2), target)}, {leaf})[0];

        const auto loss = perceptual::makeLoss({{}}, {target});
        const auto full = chopgrad::sweep(decoder, {latents, {}, {}}, *loss, {GradientMode::kFull});
        CHECK(at::equal(full.latents, plain));
        const auto exact = chopgrad::sweep(decoder, {latents, {}, {}}, *loss, {GradientMode::kExact});
        CHECK(at::equal(exact.latents, plain));
    }
}

TEST_CASE("tiles with enough halo give the gradient of the whole picture; with less, something near it")
{
    Scene scene = makeScene(5, true, true, 9, 10);
    const auto truth =
        test::bruteForce(*scene.decoder, scene.clip, [&](const at::Tensor& x) { return plainMse(x, scene.target); });
    const auto loss = perceptual::makeLoss({{}}, {scene.target});
    std::vector<GradientSchedule> schedules{{GradientMode::kFull}, {GradientMode::kCheckpoint},
        {GradientMode::kExact}, {GradientMode::kExact, 0, ChopForm::kSliding, 1, CacheStore::kDisk},
        {GradientMode::kExact, 0, ChopForm::kSliding, 1, CacheStore::kRecompute, 2}};
    for (const int distance : {0, 1, 2}) {
        for (const int interval : {1, 2}) {
            schedules.push_back({GradientMode::kChop, distance, ChopForm::kSliding, interval});
            schedules.push_back({GradientMode::kChop, distance, ChopForm::kRecomputing, interval});
        }
    }
    for (GradientSchedule schedule : schedules) {
        schedule.tiles = {2, 3, -1};
        INFO(plan::scheduleText(schedule));
        const auto found = chopgrad::sweep(*scene.decoder, scene.clip, *loss, schedule);
        checkAgainst(truth, found, scene, countedBy(schedule));
    }
    GradientSchedule narrow;
    narrow.tiles = {2, 2, 1};
    const auto found = chopgrad::sweep(*scene.decoder, scene.clip, *loss, narrow);
    const at::Tensor exact = truth.latents(countedBy(narrow));
    CHECK(largestDifference(found.latents, exact) > 1e-9);
    const double cosine = (found.latents * exact).sum().item<double>() /
                          (found.latents.norm().item<double>() * exact.norm().item<double>());
    CHECK(cosine > 0.9);
    CHECK(found.loss == doctest::Approx(truth.loss).epsilon(1e-12)); // values do not suffer
}

TEST_CASE("a clip may go on from an earlier one")
{
    Scene scene = makeScene(4, false, true, 8, 8);
    scene.target = test::randomTensor({1, 3, 8, 16, 16}, 12); // no first group: two frames each
    const auto loss = perceptual::makeLoss({{}}, {scene.target});
    for (const bool remembers : {false, true}) {
        scene.clip.entering = remembers ? scene.decoder->decode(test::randomTensor({1, 2, 1, 8, 8}, 77), {}, {}).cache
                                        : models::midShotCache();
        const auto truth = test::bruteForce(
            *scene.decoder, scene.clip, [&](const at::Tensor& x) { return plainMse(x, scene.target); });
        for (GradientSchedule schedule : allSchedules()) {
            INFO(plan::scheduleText(schedule));
            checkAgainst(
                truth, chopgrad::sweep(*scene.decoder, scene.clip, *loss, schedule), scene, countedBy(schedule));
        }
        GradientSchedule tiled;
        tiled.tiles = {2, 2, -1};
        checkAgainst(truth, chopgrad::sweep(*scene.decoder, scene.clip, *loss, tiled), scene, countedBy(tiled));
    }
}

TEST_CASE("weights that a caller computed from others get their gradient too")
{
    Scene scene = makeScene(4, false, true);
    const auto loss = perceptual::makeLoss({{}}, {scene.target});
    const auto plain = chopgrad::sweep(*scene.decoder, scene.clip, *loss, {GradientMode::kExact});
    auto folded = scene.decoder->clone();
    std::vector<at::Tensor> leaves;
    {
        c10::AutoGradMode gradient(true);
        folded->visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
            if (tensor.defined()) {
                leaves.push_back((tensor.detach() / 2).requires_grad_(true));
                tensor = leaves.back() * 2;
            }
        });
    }
    for (const auto& schedule : allSchedules()) {
        if (schedule.mode == GradientMode::kChop && schedule.distance < 3) {
            continue;
        }
        INFO(plan::scheduleText(schedule));
        const auto found = chopgrad::sweep(*folded, scene.clip, *loss, schedule);
        REQUIRE(found.parameters.size() == plain.parameters.size());
        for (std::size_t p = 0; p < plain.parameters.size(); ++p) {
            CHECK(largestDifference(found.parameters[p].gradient, plain.parameters[p].gradient) <= 1e-12);
        }
    }
    CHECK(!leaves.front().grad().defined());
}
