#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <limits>

#include "core/chopgrad/sweep.h"
#include "core/perceptual/losses.h"
#include "tests/support/random_decoder.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using plan::CacheStore;
using plan::ChopForm;
using plan::GradientMode;
using plan::GradientSchedule;

namespace {

// A decoder that goes wrong at a chosen run of decode().
class Saboteur final : public models::CausalDecoder {
public:
    explicit Saboteur(models::CausalDecoder& inner, std::function<void(int run, at::Tensor& frames)> act)
        : inner_(inner)
        , act_(std::move(act))
    {}
    const models::CodecTraits& traits() const override { return inner_.traits(); }
    std::vector<models::CacheSlot> cacheSlots() const override { return inner_.cacheSlots(); }
    std::vector<models::GroupSpan> groups(std::int64_t n) const override { return inner_.groups(n); }
    models::DecodeStep decode(
        const at::Tensor& z, const models::Skips& skips, models::DecoderCache cache) const override
    {
        auto step = inner_.decode(z, skips, std::move(cache));
        act_(runs++, step.frames);
        return step;
    }
    GlobalStep decodeGlobal(const at::Tensor& z, models::DecoderCache cache) const override
    {
        return inner_.decodeGlobal(z, std::move(cache));
    }
    models::DecodeStep decodeLocal(
        const at::Tensor& f, const models::Skips& skips, models::DecoderCache cache) const override
    {
        return inner_.decodeLocal(f, skips, std::move(cache));
    }
    int localHalo() const override { return inner_.localHalo(); }
    void visit(const models::ParameterVisitor& visitor) override { inner_.visit(visitor); }
    models::OperatorSet operators() const override { return inner_.operators(); }
    void setOperators(models::OperatorSet set) override { inner_.setOperators(set); }

    mutable int runs = 0;

private:
    models::CausalDecoder& inner_;
    std::function<void(int, at::Tensor&)> act_;
};

struct Fixture {
    Fixture()
    {
        models::setRequiresGrad([&](const models::ParameterVisitor& v) { decoder.visit(v); }, true);
        clip.latents = test::randomTensor({1, 2, 6, 4, 4}, 1);
        target = test::randomTensor({1, 3, 11, 8, 8}, 2);
        loss = perceptual::makeLoss({{}}, {target});
    }
    bool leftNoGradient()
    {
        bool none = !clip.latents.grad().defined();
        decoder.visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
            none = none && (!tensor.defined() || !tensor.grad().defined());
        });
        return none;
    }

    test::RandomDecoder decoder{{}};
    chopgrad::ClipLatents clip;
    at::Tensor target;
    std::unique_ptr<perceptual::FrameLoss> loss;
};

std::vector<GradientSchedule> someSchedules()
{
    GradientSchedule disk;
    disk.store = CacheStore::kDisk;
    return {{GradientMode::kChop, 1}, {GradientMode::kChop, 1, ChopForm::kRecomputing},
        {GradientMode::kChop, 2, ChopForm::kDelayed}, {GradientMode::kExact}, disk, {GradientMode::kFull},
        {GradientMode::kCheckpoint}, {GradientMode::kFramewise}};
}

std::int64_t peakOf(const GradientSchedule& schedule, std::int64_t groups, std::int64_t& own)
{
    test::RandomDecoderConfig config;
    config.channels = 8;
    config.dtype = at::kFloat;
    test::RandomDecoder decoder(config);
    const std::int64_t frames = decoder.groups(groups).back().frames.end;
    chopgrad::ClipLatents clip{test::randomTensor({1, 2, groups, 16, 16}, 1, at::kFloat), {}, {}};
    const auto loss = perceptual::makeLoss({{}}, {test::randomTensor({1, 3, frames, 32, 32}, 2, at::kFloat)});
    tensor::MemoryTracker tracker;
    chopgrad::sweep(decoder, clip, *loss, schedule);
    own = clip.latents.nbytes() + static_cast<std::int64_t>(frames * 3 * 32 * 32 * 4);
    return tracker.peakBytes();
}

} // namespace

TEST_CASE("a step that was stopped leaves no gradient, and says so by its type")
{
    for (const auto& schedule : someSchedules()) {
        INFO(plan::scheduleText(schedule));
        Fixture f;
        base::Control control;
        int seen = 0;
        chopgrad::SweepOptions options;
        options.control = &control;
        options.progress = [&](const chopgrad::SweepProgress&) {
            if (++seen == 4) {
                control.requestCancel();
            }
        };
        if (schedule.mode == GradientMode::kFramewise) {
            f.loss = perceptual::makeLoss({{}}, {test::randomTensor({1, 3, 6, 8, 8}, 2)});
        }
        CHECK_THROWS_AS(chopgrad::sweep(f.decoder, f.clip, *f.loss, schedule, options), base::Cancelled);
        CHECK(seen == 4); // between two groups, not at the end
        CHECK(f.leftNoGradient());
    }
}

TEST_CASE("values that are not finite reject the step and are named")
{
    for (const auto& schedule : someSchedules()) {
        if (schedule.mode == GradientMode::kFramewise) {
            continue;
        }
        INFO(plan::scheduleText(schedule));
        Fixture f;
        at::Tensor broken = f.target.clone();
        broken.select(2, 6).fill_(std::numeric_limits<double>::quiet_NaN()); // of group 3: frames 5 and 6
        const auto loss = perceptual::makeLoss(perceptual::parseLosses("0.5*l1+mse"), {broken});
        bool rejected = false;
        try {
            chopgrad::sweep(f.decoder, f.clip, *loss, schedule);
        } catch (const chopgrad::RejectedStep& error) {
            rejected = true;
            CHECK(error.group() == 3);
            CHECK(error.frame() == 6);
            CHECK(error.term() == "l1");
            CHECK(std::string(error.what()).find("group 3, frame 6, loss term \"l1\"") != std::string::npos);
        }
        CHECK(rejected);
        CHECK(f.leftNoGradient());
    }
    Fixture f;
    Saboteur decoder(f.decoder, [](int run, at::Tensor& frames) {
        if (run == 4) {
            frames = frames * std::numeric_limits<double>::infinity();
        }
    });
    try {
        chopgrad::sweep(decoder, f.clip, *f.loss, {GradientMode::kChop, 1});
        FAIL("an infinite picture passed");
    } catch (const chopgrad::RejectedStep& error) {
        CHECK(error.group() == 4);
        CHECK(error.why().find("decoded picture") != std::string::npos);
    }
}

TEST_CASE("running out of memory steps down one named rung at a time and redoes the same step")
{
    Fixture f;
    const auto expected = chopgrad::sweep(f.decoder, f.clip, *f.loss, {GradientMode::kExact});
    int failures = 2;
    Saboteur decoder(f.decoder, [&](int run, at::Tensor&) {
        if (run % 7 == 5 && failures > 0) {
            --failures;
            throw c10::OutOfMemoryError({__func__, __FILE__, 0}, "CUDA out of memory");
        }
    });
    std::vector<std::string> said;
    chopgrad::SweepOptions options;
    options.stepDown = [](const GradientSchedule& failed) { return plan::stepDown(failed, {}); };
    options.log = [&](base::LogLevel, std::string_view line) { said.emplace_back(line); };
    const auto found = chopgrad::sweep(decoder, f.clip, *f.loss, {GradientMode::kFull}, options);
    CHECK(found.stepsDown == std::vector<std::string>{"recompute groups", "caches on disk"});
    CHECK(found.schedule.mode == GradientMode::kExact);
    CHECK(found.schedule.store == CacheStore::kDisk);
    CHECK(at::equal(found.latents, expected.latents));
    CHECK(said.size() == 2);
    CHECK(f.leftNoGradient());

    failures = 100;
    bool gaveUp = false;
    try {
        chopgrad::sweep(decoder, f.clip, *f.loss, {GradientMode::kFull}, options);
    } catch (const base::Error& error) {
        gaveUp = error.kind() == base::ErrorKind::kOutOfMemory;
    }
    CHECK(gaveUp);
    CHECK(f.leftNoGradient());
}

TEST_CASE("a distance beyond the clip is exact in effect and says so")
{
    Fixture f;
    const auto exact = chopgrad::sweep(f.decoder, f.clip, *f.loss, {GradientMode::kExact});
    CHECK(exact.note.empty());
    const auto far = chopgrad::sweep(f.decoder, f.clip, *f.loss, {GradientMode::kChop, 30});
    CHECK((far.latents - exact.latents).abs().max().item<double>() <= 1e-12);
    CHECK(far.note.find("exact") != std::string::npos);
    CHECK(chopgrad::sweep(f.decoder, f.clip, *f.loss, {GradientMode::kChop, 4}).note.empty());
}

TEST_CASE("framewise decodes every latent as a still; latent-only does not decode")
{
    Fixture f;
    const auto loss = perceptual::makeLoss({{}}, {test::randomTensor({1, 3, 6, 8, 8}, 5)});
    chopgrad::SweepOptions options;
    options.keepFrames = true;
    const auto stills = chopgrad::sweep(f.decoder, f.clip, *loss, {GradientMode::kFramewise}, options);
    for (std::int64_t i = 0; i < 6; ++i) {
        const auto still = f.decoder.decode(f.clip.latents.narrow(2, i, 1), {}, {}).frames;
        CHECK(at::equal(stills.frames.narrow(2, i, 1), still));
    }
    CHECK(stills.latents.abs().min().item<double>() > 0);
    const auto none = chopgrad::sweep(f.decoder, f.clip, *f.loss, {GradientMode::kLatentOnly});
    CHECK(none.counts.forwards == 0);
    CHECK(none.latents.abs().max().item<double>() == 0);
}

TEST_CASE("inputs that do not fit are refused in words")
{
    Fixture f;
    const auto shortLoss = perceptual::makeLoss({{}}, {test::randomTensor({1, 3, 9, 8, 8}, 5)});
    CHECK_THROWS_WITH_AS(chopgrad::sweep(f.decoder, f.clip, *shortLoss, {GradientMode::kExact}),
        doctest::Contains("decode to 11 frames; the target has 9"), base::Error);
    GradientSchedule wrong;
    wrong.tiles = {9, 1, -1};
    CHECK_THROWS_WITH_AS(
        chopgrad::sweep(f.decoder, f.clip, *f.loss, wrong), doctest::Contains("at most 4x4 parts"), base::Error);
    wrong = {GradientMode::kChop, -1};
    CHECK_THROWS_AS(chopgrad::sweep(f.decoder, f.clip, *f.loss, wrong), base::Error);
    f.clip.latents = test::randomTensor({1, 5, 6, 4, 4}, 1);
    CHECK_THROWS_AS(chopgrad::sweep(f.decoder, f.clip, *f.loss, {GradientMode::kExact}), base::Error);
}

TEST_CASE("memory is constant in the clip's length where it should be, and linear where it must be")
{
    const auto growth = [](const GradientSchedule& schedule) {
        std::int64_t few = 0, many = 0;
        const std::int64_t a = peakOf(schedule, 6, few), b = peakOf(schedule, 22, many);
        return (static_cast<double>(b - a) - 3 * static_cast<double>(many - few)) / 16;
    };
    std::int64_t own = 0;
    const double graph = growth({GradientMode::kFull}); // of one group
    const auto one = static_cast<double>(peakOf({GradientMode::kExact}, 1, own));
    CHECK(graph > 0.2 * one);
    GradientSchedule disk;
    disk.store = CacheStore::kDisk;
    for (const GradientSchedule& schedule : {GradientSchedule{GradientMode::kChop, 0},
             GradientSchedule{GradientMode::kChop, 1}, GradientSchedule{GradientMode::kChop, 2},
             GradientSchedule{GradientMode::kChop, 1, ChopForm::kRecomputing},
             GradientSchedule{GradientMode::kChop, 1, ChopForm::kDelayed}, disk}) {
        INFO(plan::scheduleText(schedule));
        CHECK(growth(schedule) < 0.02 * graph);
    }
    CHECK(growth({GradientMode::kExact}) > 0.1 * graph); // its caches
}
