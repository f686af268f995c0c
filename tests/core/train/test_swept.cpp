#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <functional>
#include <map>
#include <memory>

#include "core/train/swept_loss.h"
#include "tests/core/train/tiny_lite.h"
#include "tests/core/train/tiny_pack.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::train;

namespace {

using Gradients = std::map<std::string, at::Tensor>;

struct Bench {
    test::TemporaryFolder folder;
    std::unique_ptr<ClipPack> pack;
    models::LiteWeights master;
    Batch batch;

    explicit Bench(std::int64_t clips = 1)
        : master(config())
    {
        test::writeTinyPack(folder / "tiny.safetensors");
        pack = std::make_unique<ClipPack>(folder / "tiny.safetensors");
        models::initialise(master, 4);
        const at::Generator generator = at::detail::createCPUGenerator(9);
        master.out.weight.normal_(0, 0.05, generator);
        master.velocity.weight.normal_(0, 0.2, generator);
        master.visit([&](const std::string& name, at::Tensor& t, at::IntArrayRef) {
            if (name.ends_with(".film")) {
                t.normal_(0, 0.3, generator);
            }
            t.requires_grad_(true);
        });
        BatchSettings settings;
        settings.crop = 32;
        settings.clips = clips;
        settings.frames = 13; // four groups
        settings.longShare = 0;
        settings.mixed = clips > 1;
        settings.conditions = {0, 0, 1, 0, 0, 0, 0, 0};
        batch = drawBatch(*pack, settings, 1, 2, 0);
    }

    static models::LiteConfig config()
    {
        models::LiteConfig c = test::tinyConfig();
        c.decoderBlocks = {2, 2};
        return c;
    }

    Gradients collect(const std::function<at::Tensor()>& loss)
    {
        master.visit([](const std::string&, at::Tensor& t, at::IntArrayRef) { t.mutable_grad().reset(); });
        loss().backward();
        Gradients result;
        master.visit([&](const std::string& name, at::Tensor& t, at::IntArrayRef) {
            result[name] = t.grad().defined() ? t.grad().clone() : at::zeros_like(t);
        });
        return result;
    }

    Gradients swept(plan::GradientSchedule schedule, LossTerms* terms = nullptr)
    {
        LossTerms own;
        return collect(
            [&] { return sweptLoss(master, batch, {}, nullptr, false, 1, schedule, terms ? *terms : own); });
    }
};

// |a - b| over |b|, all parameters together.
double distance(const Gradients& a, const Gradients& b)
{
    double difference = 0, size = 0;
    for (const auto& [name, tensor] : b) {
        difference += (a.at(name) - tensor).square().sum().item<double>();
        size += tensor.square().sum().item<double>();
    }
    return std::sqrt(difference / size);
}

} // namespace

TEST_CASE("the swept gradient of every parameter is that of ordinary backpropagation")
{
    Bench bench;
    LossTerms plain, terms;
    double loss = 0;
    const Gradients full = bench.collect([&] {
        const at::Tensor value = liteLoss(bench.master, bench.batch, {}, nullptr, false, 1, plain);
        loss = value.item<double>();
        return value;
    });
    plan::GradientSchedule schedule;
    schedule.mode = plan::GradientMode::kExact;
    CHECK(distance(bench.swept(schedule, &terms), full) < 1e-4);
    CHECK(terms.loss.item<double>() == doctest::Approx(loss).epsilon(1e-5));
    CHECK(terms.charbonnier.item<double>() == doctest::Approx(plain.charbonnier.item<double>()).epsilon(1e-5));

    // Truncated as far back as the clip is long, nothing is cut; less far, something is.
    schedule.mode = plan::GradientMode::kChop;
    schedule.distance = 3;
    CHECK(distance(bench.swept(schedule), full) < 1e-4);
    schedule.distance = 0;
    const double none = distance(bench.swept(schedule), full);
    schedule.distance = 1;
    const double one = distance(bench.swept(schedule), full);
    CHECK(none > 1e-4);
    CHECK(one <= none);
    CHECK(one < 0.5);
}

TEST_CASE("the swept gradient of a batch of clips is that of ordinary backpropagation")
{
    Bench bench(3);
    LossTerms terms;
    const Gradients full =
        bench.collect([&] { return liteLoss(bench.master, bench.batch, {}, nullptr, false, 1, terms); });
    plan::GradientSchedule schedule;
    schedule.mode = plan::GradientMode::kExact;
    const Gradients swept = bench.swept(schedule);
    for (const auto& [name, tensor] : full) {
        const double size = tensor.norm().item<double>();
        INFO(name << " " << size << " swept " << swept.at(name).norm().item<double>());
        CHECK((swept.at(name) - tensor).norm().item<double>() <= 1e-4 * size);
    }
}

TEST_CASE("both forms of truncation give the same gradient")
{
    Bench bench;
    plan::GradientSchedule schedule;
    schedule.mode = plan::GradientMode::kChop;
    schedule.distance = 1;
    const Gradients sliding = bench.swept(schedule);
    schedule.form = plan::ChopForm::kRecomputing;
    CHECK(distance(bench.swept(schedule), sliding) < 1e-5);
}

TEST_CASE("latent-only leaves the decoder alone and teaches encoder and transformer")
{
    Bench bench;
    plan::GradientSchedule schedule;
    schedule.mode = plan::GradientMode::kLatentOnly;
    const Gradients gradients = bench.swept(schedule);
    double decoder = 0, rest = 0;
    for (const auto& [name, tensor] : gradients) {
        (name.starts_with("decoder") ? decoder : rest) += tensor.square().sum().item<double>();
    }
    CHECK(decoder == 0);
    CHECK(rest > 0);
}
