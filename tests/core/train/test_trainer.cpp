#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/lite_adapters.h"
#include "core/models/lite_file.h"
#include "core/train/trainer.h"
#include "tests/core/train/tiny_lite.h"
#include "tests/core/train/tiny_pack.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::train;

namespace {

LiteTraining tinyTraining()
{
    LiteTraining t;
    t.network = test::tinyConfig();
    t.batch.crop = 32;
    t.batch.clips = 1;
    t.batch.longShare = 0.3;
    t.warmUpSteps = 2;
    t.steps = 1000;
    t.decayFrom = 1000;
    t.learningRate = 2e-3;
    return t;
}

std::string bytesOf(const std::filesystem::path& path)
{
    return base::readFile(path);
}

struct Footage {
    test::TemporaryFolder folder;
    std::unique_ptr<ClipPack> pack;

    Footage()
    {
        test::writeTinyPack(folder / "tiny.safetensors");
        pack = std::make_unique<ClipPack>(folder / "tiny.safetensors");
    }
};

void silent(base::LogLevel, std::string_view) {}

} // namespace

TEST_CASE("AdamW is the paper's, with clipping before and an average after")
{
    at::Tensor weight = at::tensor({0.5f, -1.0f, 2.0f, 0.25f}).view({2, 2}), bias = at::tensor({0.1f, 0.2f});
    const AdamWSettings s{.beta1 = 0.9, .beta2 = 0.99, .weightDecay = 0.1, .clip = 0.5, .emaDecay = 0.9};
    AdamW optimizer(
        [&](const models::ParameterVisitor& v) {
            v("w", weight, {2, 2});
            v("b", bias, {2});
        },
        s);
    std::vector<double> p{0.5, -1.0, 2.0, 0.25, 0.1, 0.2}, m(6, 0), v(6, 0), average = p;
    for (int step = 1; step <= 5; ++step) {
        optimizer.zeroGradients();
        const std::vector<double> g{0.3 * step, -0.2, 0.1, 0.4, -0.5 / step, 0.05};
        {
            weight.mutable_grad() = at::tensor(std::vector<float>(g.begin(), g.begin() + 4)).view({2, 2});
            bias.mutable_grad() = at::tensor(std::vector<float>(g.begin() + 4, g.end()));
        }
        double squares = 0;
        for (const double x : g) {
            squares += x * x;
        }
        const double norm = optimizer.gradientNorm();
        CHECK(norm == doctest::Approx(std::sqrt(squares)).epsilon(1e-6));
        optimizer.step(0.01, norm);
        const double clip = std::min(1.0, s.clip / norm);
        const double decay = std::min(s.emaDecay, step / (step + 10.0));
        for (std::size_t i = 0; i < 6; ++i) {
            const double gi = g[i] * clip;
            m[i] = 0.9 * m[i] + 0.1 * gi;
            v[i] = 0.99 * v[i] + 0.01 * gi * gi;
            if (i < 4) {
                p[i] *= 1 - 0.01 * s.weightDecay; // matrices only
            }
            p[i] -= 0.01 * (m[i] / (1 - std::pow(0.9, step))) /
                    (std::sqrt(v[i] / (1 - std::pow(0.99, step))) + s.epsilon);
            average[i] = decay * average[i] + (1 - decay) * p[i];
        }
        const at::NoGradGuard noGrad;
        for (std::size_t i = 0; i < 6; ++i) {
            const auto k = static_cast<std::int64_t>(i);
            CHECK((i < 4 ? weight.view({-1})[k] : bias[k - 4]).item<double>() == doctest::Approx(p[i]).epsilon(1e-5));
            const at::Tensor& kept = optimizer.entries()[i < 4 ? 0 : 1].average;
            CHECK(kept.view({-1})[i < 4 ? k : k - 4].item<double>() == doctest::Approx(average[i]).epsilon(1e-5));
        }
    }
}

TEST_CASE("the learning rate warms up, holds and falls to nothing")
{
    LiteTraining t;
    t.learningRate = 1;
    t.warmUpSteps = 10;
    t.decayFrom = 100;
    t.steps = 200;
    CHECK(t.rateAt(0) == doctest::Approx(0.1));
    CHECK(t.rateAt(50) == 1);
    CHECK(t.rateAt(150) == doctest::Approx(0.5));
    CHECK(t.rateAt(200) == doctest::Approx(0).epsilon(1e-12));
}

TEST_CASE("the trainer overfits one tiny batch")
{
    at::set_num_threads(1); // tensors this small only wait for each other on two
    const Footage footage;
    LiteTraining t = tinyTraining();
    BatchSettings one = t.batch;
    one.conditions = {1, 0, 0, 0, 0, 0, 0, 0};
    one.longShare = 0;
    const Batch batch = drawBatch(*footage.pack, one, 3, 0, 0);
    models::LiteWeights master(t.network);
    models::initialise(master, 1);
    AdamW optimizer([&](const models::ParameterVisitor& v) { master.visit(v); }, {.weightDecay = 0});
    LossWeights losses;
    double first = 0, last = 0;
    for (int step = 0; step < 200; ++step) {
        optimizer.zeroGradients();
        LossTerms terms;
        liteLoss(master, batch, losses, nullptr, true, 1, terms).backward();
        optimizer.step(2e-3, optimizer.gradientNorm());
        (step == 0 ? first : last) = terms.charbonnier.item<double>();
    }
    CHECK(last < 0.5 * first);
}

TEST_CASE("a run that stops and resumes makes the same bytes as one that does not")
{
    at::set_num_threads(1);
    const Footage footage;
    const LiteTraining t = tinyTraining();
    LiteTrainer straight(t, *footage.pack, nullptr);
    for (int i = 0; i < 6; ++i) {
        straight.advance();
    }
    straight.save(footage.folder / "straight.safetensors");
    {
        LiteTrainer half(t, *footage.pack, nullptr);
        for (int i = 0; i < 3; ++i) {
            half.advance();
        }
        half.save(footage.folder / "half.safetensors");
    }
    LiteTrainer resumed(t, *footage.pack, nullptr);
    resumed.load(footage.folder / "half.safetensors");
    CHECK(resumed.step() == 3);
    for (int i = 0; i < 3; ++i) {
        resumed.advance();
    }
    resumed.save(footage.folder / "resumed.safetensors");
    CHECK(bytesOf(footage.folder / "straight.safetensors") == bytesOf(footage.folder / "resumed.safetensors"));
}

TEST_CASE("an adapter is trained over weights that stay, and becomes its condition's own")
{
    at::set_num_threads(1);
    const Footage footage;
    models::LiteWeights base = test::tinyLite(9);
    base.visit([](const std::string&, at::Tensor& tensor, at::IntArrayRef) { tensor += 0.01; });
    models::saveLite(footage.folder / "base.safetensors", base, at::kFloat);
    LiteTraining t = tinyTraining();
    t.batch.conditions = {0, 1, 0, 0, 0, 0, 0, 0};
    t.adapter = models::LoraSettings{.rank = 2, .alpha = 2};
    t.bfloat16 = false;
    const auto begun = [&] {
        auto trainer = std::make_unique<LiteTrainer>(t, *footage.pack, nullptr);
        trainer->loadWeights(footage.folder / "base.safetensors");
        return trainer;
    };
    const auto straight = begun();
    for (int i = 0; i < 4; ++i) {
        straight->advance();
    }
    straight->save(footage.folder / "straight.safetensors");
    CHECK(at::equal(straight->master().out.weight, base.out.weight));

    const auto half = begun();
    half->advance();
    half->advance();
    half->save(footage.folder / "half.safetensors");
    const auto resumed = begun();
    resumed->load(footage.folder / "half.safetensors");
    resumed->advance();
    resumed->advance();
    resumed->save(footage.folder / "resumed.safetensors");
    CHECK(bytesOf(footage.folder / "straight.safetensors") == bytesOf(footage.folder / "resumed.safetensors"));

    const models::SafetensorsFile checkpoint(footage.folder / "straight.safetensors");
    std::map<std::string, at::Tensor> trained;
    for (const models::StoredTensor& stored : checkpoint.header().tensors) {
        if (stored.name.starts_with("ema.")) {
            trained[stored.name.substr(4)] = checkpoint.read(stored, {});
        }
    }
    const models::LiteWeights own = models::withAdapter(base, 1, trained);
    const models::LiteWeights average = straight->averaged();
    const auto out = [](const models::LiteWeights& weights, std::int64_t condition) {
        return models::folded(weights, condition, 0.5, at::kFloat).out.weight;
    };
    CHECK((out(own, 1) - out(average, 1)).abs().max().item<double>() < 1e-6);
    CHECK((out(own, 1) - out(base, 1)).abs().max().item<double>() > 1e-5);
    CHECK(at::equal(out(own, 0), out(base, 0)));

    // A training of higher rank goes on from there.
    models::LiteWeights written = own;
    models::saveLite(footage.folder / "own.safetensors", written, at::kFloat);
    t.adapter->rank = 3;
    t.adapter->alpha = 3;
    LiteTrainer further(t, *footage.pack, nullptr);
    further.loadWeights(footage.folder / "own.safetensors");
    CHECK((out(further.averaged(), 1) - out(own, 1)).abs().max().item<double>() < 1e-6);
}

TEST_CASE("the logarithm of the error counts every clip by its own scale, where it may change")
{
    Batch batch;
    batch.target = at::zeros({2, 5, 3, 8, 8});
    batch.weight = at::ones({2, 5, 1, 8, 8});
    batch.input = at::ones({2, 5, models::kLiteInputChannels, 8, 8});
    batch.input[1].narrow(0, 0, 5).select(1, 3).narrow(1, 0, 4).zero_(); // upper half of the second clip stays
    batch.conditions = {0, 0};
    batch.details = {0, 0};
    at::Tensor result = at::zeros({2, 5, 3, 8, 8});
    result[0].fill_(0.1);
    result[1].fill_(0.02);
    result[1].narrow(2, 0, 4).fill_(0.9); // where nothing may change
    result.requires_grad_(true);
    LossWeights losses;
    losses.charbonnier = losses.frameDifference = 0;
    losses.logError = 2;
    LossTerms terms;
    const at::Tensor loss = pixelLoss(result, batch, losses, nullptr, 1, terms);
    const double expected = 0.5 * (std::log1p(0.01 / 1e-4) + std::log1p(0.0004 / 1e-4));
    CHECK(loss.item<double>() == doctest::Approx(2 * expected));
    CHECK(terms.logError.item<double>() == doctest::Approx(expected));
    loss.backward();
    CHECK(result.grad()[1].narrow(2, 0, 4).abs().max().item<double>() == 0);
    // d/dx of ln(1 + m/f) per pixel: 2 x / (n (m + f)), for each of the two clips.
    CHECK(result.grad()[0][0][0][0][0].item<double>() ==
          doctest::Approx(2 * 0.5 * 2 * 0.1 / (5 * 3 * 64) / (0.01 + 1e-4)));
}

TEST_CASE("batches made ahead on threads train the very same weights")
{
    at::set_num_threads(1);
    const Footage footage;
    LiteTraining t = tinyTraining();
    t.kinds = {t.batch, t.batch};
    t.kinds[0].mixed = true;
    t.kinds[0].clips = 3;
    t.kinds[1].crop = 48;
    LiteTrainer waiting(t, *footage.pack, nullptr);
    t.dataThreads = 3;
    LiteTrainer ahead(t, *footage.pack, nullptr);
    for (int i = 0; i < 3; ++i) {
        const StepRecord a = waiting.advance(), b = ahead.advance();
        CHECK(a.loss == b.loss);
        CHECK(a.conditions == b.conditions);
    }
    waiting.save(footage.folder / "waiting.safetensors");
    ahead.save(footage.folder / "ahead.safetensors");
    CHECK(bytesOf(footage.folder / "waiting.safetensors") == bytesOf(footage.folder / "ahead.safetensors"));
    // A resumed run takes up the batches where the steps are.
    LiteTrainer resumed(t, *footage.pack, nullptr);
    resumed.advance();
    resumed.load(footage.folder / "ahead.safetensors");
    CHECK(resumed.advance().loss == ahead.advance().loss);
}

TEST_CASE("the gradient of a mixed batch is that of its clips one by one")
{
    at::set_num_threads(1);
    const Footage footage;
    LiteTraining t = tinyTraining();
    BatchSettings mixed = t.batch;
    mixed.mixed = true;
    mixed.clips = 3;
    const Batch batch = drawBatch(*footage.pack, mixed, 3, 4, 0);
    REQUIRE_FALSE(batch.isUniform());
    models::LiteWeights master(t.network);
    models::initialise(master, 1);
    master.visit([](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        if (name.ends_with(".film") || name == "decoder.out.weight") { // so that conditions matter and gradients flow
            tensor.normal_(0, 0.1, at::make_generator<at::CPUGeneratorImpl>(5));
        }
    });
    AdamW optimizer([&](const models::ParameterVisitor& v) { master.visit(v); }, {});
    const auto gradientsOf = [&](const std::vector<Batch>& batches) {
        optimizer.zeroGradients();
        for (const Batch& b : batches) {
            LossTerms terms;
            (liteLoss(master, b, {}, nullptr, false, 1, terms) / static_cast<double>(batches.size())).backward();
        }
        std::vector<at::Tensor> all;
        for (const AdamW::Entry& e : optimizer.entries()) {
            all.push_back(e.parameter.grad().defined() ? e.parameter.grad().flatten().clone()
                                                       : at::zeros({e.parameter.numel()}));
        }
        return at::cat(all);
    };
    std::vector<Batch> alone;
    for (std::int64_t i = 0; i < 3; ++i) {
        const auto k = static_cast<std::size_t>(i);
        alone.push_back({batch.input.narrow(0, i, 1), batch.target.narrow(0, i, 1), batch.weight.narrow(0, i, 1),
            {batch.conditions[k]}, {batch.details[k]}});
        CHECK(alone.back().isUniform());
    }
    const at::Tensor expected = gradientsOf(alone), together = gradientsOf({batch});
    CHECK((together - expected).norm().item<double>() < 1e-5 * expected.norm().item<double>());
}

TEST_CASE("a checkpoint gives its averaged weights to a model file and a warm start; a foreign one is refused")
{
    const Footage footage;
    const LiteTraining t = tinyTraining();
    LiteTrainer trainer(t, *footage.pack, nullptr);
    trainer.advance();
    trainer.save(footage.folder / "c.safetensors");
    models::LiteWeights average = models::loadLite(models::SafetensorsFile(footage.folder / "c.safetensors"), "ema.");
    CHECK(average.config == t.network);
    LiteTrainer warm(t, *footage.pack, nullptr);
    warm.loadWeights(footage.folder / "c.safetensors");
    CHECK(warm.step() == 0);
    CHECK(at::equal(warm.master().stem.weight, average.stem.weight));
    models::saveLite(footage.folder / "model.safetensors", average, at::kBFloat16);
    CHECK_THROWS_AS(warm.load(footage.folder / "model.safetensors"), base::Error);
    LiteTraining other = t;
    other.network.latentChannels = 32;
    LiteTrainer larger(other, *footage.pack, nullptr);
    CHECK_THROWS_AS(larger.load(footage.folder / "c.safetensors"), base::Error);
    CHECK_THROWS_AS(larger.loadWeights(footage.folder / "c.safetensors"), base::Error);
    // Weights from before there was an overview begin a training that has one.
    LiteTraining before = t;
    before.network.overview = false;
    LiteTrainer old(before, *footage.pack, nullptr);
    old.advance();
    models::LiteWeights oldWeights = old.averaged();
    models::saveLite(footage.folder / "old.safetensors", oldWeights, at::kFloat);
    LiteTrainer newer(t, *footage.pack, nullptr);
    newer.loadWeights(footage.folder / "old.safetensors");
    CHECK(at::equal(newer.master().stem.weight, oldWeights.stem.weight));
    CHECK(newer.master().transformer[0].overview.defined());
}

TEST_CASE("steps that are not finite leave the weights alone; three in a row end the training with the reason")
{
    const Footage footage;
    LiteTrainer trainer(tinyTraining(), *footage.pack, nullptr);
    {
        const at::NoGradGuard noGrad;
        trainer.master().out.bias.fill_(std::numeric_limits<float>::quiet_NaN());
    }
    const at::Tensor before = trainer.master().stem.weight.detach().clone();
    CHECK(trainer.advance().rejected);
    CHECK(trainer.advance().rejected);
    CHECK(at::equal(before, trainer.master().stem.weight));
    CHECK_THROWS_AS(trainer.advance(), base::Error);
}

TEST_CASE("stopping leaves a resumable state, and every step a line")
{
    const Footage footage;
    LiteTraining t = tinyTraining();
    t.steps = 3;
    LiteTrainer trainer(t, *footage.pack, nullptr);
    base::Control control;
    trainer.run(footage.folder / "run", control, silent);
    const std::string lines = bytesOf(footage.folder / "run" / "steps.jsonl");
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
    t.steps = 100;
    LiteTrainer further(t, *footage.pack, nullptr);
    further.load(footage.folder / "run" / "checkpoint.safetensors");
    CHECK(further.step() == 3);
    control.requestCancel();
    CHECK_THROWS_AS(further.run(footage.folder / "run", control, silent), base::Cancelled);
    LiteTrainer again(t, *footage.pack, nullptr);
    again.load(footage.folder / "run" / "checkpoint.safetensors");
    CHECK(again.step() == 3);
}
