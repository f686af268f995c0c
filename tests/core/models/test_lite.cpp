#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include "core/base/error.h"
#include "core/models/lite.h"
#include "core/models/lite_file.h"
#include "tests/core/models/lite_reference.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

LiteConfig tinyConfig()
{
    LiteConfig c;
    c.channels = {8, 12, 16};
    c.latentChannels = 16;
    c.heads = 2;
    c.mlpChannels = 24;
    c.conditions = 3;
    return c;
}

// Random everywhere, also where fresh weights are zero, so that every path matters.
LiteWeights randomWeights(const LiteConfig& config, std::uint64_t seed, at::ScalarType dtype = at::kDouble)
{
    LiteWeights weights(config);
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    weights.visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef shape) {
        std::int64_t fanIn = 1;
        for (std::size_t i = 1; i < shape.size(); ++i) {
            fanIn *= shape[i];
        }
        const double scale = shape.size() > 1 ? 0.8 / std::sqrt(static_cast<double>(fanIn)) : 0.1;
        tensor = at::randn(shape, generator, at::kDouble).mul_(scale).to(dtype);
    });
    return weights;
}

at::Tensor randomPixels(
    std::int64_t frames, std::int64_t height, std::int64_t width, at::ScalarType dtype = at::kDouble)
{
    return (at::rand({frames, kLiteInputChannels, height, width}, at::make_generator<at::CPUGeneratorImpl>(7),
                at::kDouble) *
                2 -
            1)
        .to(dtype)
        .contiguous(at::MemoryFormat::ChannelsLast);
}

// Group by group with caches handed on; `first` frames stand alone.
at::Tensor streamed(const LiteWeights& folded, const at::Tensor& pixels)
{
    lite::PassCache cache;
    std::vector<at::Tensor> parts;
    for (std::int64_t at = 0; at < pixels.size(0);) {
        const std::int64_t count = at == 0 ? 1 : kLiteGroupFrames;
        parts.push_back(
            lite::pass(folded, pixels.narrow(0, at, count).contiguous(at::MemoryFormat::ChannelsLast), count, cache));
        at += count;
    }
    return at::cat(parts);
}

double largest(const at::Tensor& t)
{
    return t.abs().max().item<double>();
}

} // namespace

TEST_CASE("lite: group by group equals the whole clip at once")
{
    const at::NoGradGuard noGrad;
    for (const bool skips : {true, false}) {
        for (const bool temporal : {true, false}) {
            LiteConfig config = tinyConfig();
            config.skips = skips;
            config.temporal = temporal;
            const LiteWeights folded = models::folded(randomWeights(config, 3), 1, 0.4, at::kDouble);
            const at::Tensor pixels = randomPixels(9, 24, 40); // not whole windows either way
            CAPTURE(skips);
            CAPTURE(temporal);
            CHECK(largest(streamed(folded, pixels) - test::wholeClip(folded, pixels)) < 1e-12);
        }
    }
}

TEST_CASE("lite: all frames of several clips at once, each with its own condition, equal one clip after the other")
{
    const at::NoGradGuard noGrad;
    for (const bool temporal : {true, false}) {
        LiteConfig config = tinyConfig();
        config.temporal = temporal;
        const LiteWeights weights = randomWeights(config, 14);
        const std::vector<std::int64_t> conditions{2, 0, 1};
        const std::vector<double> details{0.3, 1.0, 0.0};
        std::vector<at::Tensor> clips, alone;
        for (std::size_t i = 0; i < conditions.size(); ++i) {
            clips.push_back(randomPixels(9, 24, 16) * (1.0 - 0.2 * static_cast<double>(i)));
            alone.push_back(streamed(models::folded(weights, conditions[i], details[i], at::kDouble), clips.back()));
        }
        const LiteWeights batch = models::perSample(weights, conditions, details, at::kDouble);
        const at::Tensor together = lite::clip(batch, at::cat(clips).contiguous(at::MemoryFormat::ChannelsLast), 9);
        CAPTURE(temporal);
        CHECK(largest(together - at::cat(alone)) < 1e-12);
    }
}

TEST_CASE("lite: several groups in one call equal one by one, for encoder, denoiser and decoder")
{
    const at::NoGradGuard noGrad;
    const auto folded =
        std::make_shared<LiteWeights>(models::folded(randomWeights(tinyConfig(), 4), 0, 1.0, at::kDouble));
    const LiteEncoder encoder(folded);
    const LiteDenoiser denoiser(folded);
    const LiteDecoder decoder(folded);
    const at::Tensor frames = randomPixels(13, 16, 24).transpose(0, 1).unsqueeze(0); // [1, 5, 13, 16, 24]
    const EncodeStep whole = encoder.encode(frames, {});
    REQUIRE(whole.latents.sizes() == at::IntArrayRef({1, 16, 4, 2, 3}));
    const DenoiseStep velocity = denoiser.predict(whole.latents, {}, {});
    const DecodeStep decoded = decoder.decode(whole.latents - velocity.prediction, whole.skips, {});
    REQUIRE(decoded.frames.sizes() == at::IntArrayRef({1, 3, 13, 16, 24}));
    for (const std::vector<std::int64_t>& plan : {std::vector<std::int64_t>{1, 1, 1, 1}, {2, 2}, {1, 3}, {3, 1}}) {
        EncoderCache encoderCache;
        CausalCache denoiserCache;
        DecoderCache decoderCache;
        std::int64_t group = 0;
        for (const std::int64_t count : plan) {
            const auto spans = decoder.groups(4);
            const std::int64_t first = spans[group].frames.begin, last = spans[group + count - 1].frames.end;
            EncodeStep e = encoder.encode(frames.narrow(2, first, last - first), encoderCache);
            CHECK(largest(e.latents - whole.latents.narrow(2, group, count)) < 1e-12);
            DenoiseStep v = denoiser.predict(e.latents, {}, denoiserCache);
            DecodeStep d = decoder.decode(e.latents - v.prediction, e.skips, decoderCache);
            CHECK(largest(d.frames - decoded.frames.narrow(2, first, last - first)) < 1e-12);
            encoderCache = e.cache;
            denoiserCache = v.cache;
            decoderCache = d.cache;
            group += count;
        }
    }
}

TEST_CASE("lite: nothing beyond its reach changes anything, bit for bit; something within does")
{
    const at::NoGradGuard noGrad;
    const LiteConfig config = tinyConfig();
    REQUIRE(config.reach() == 4);
    const LiteWeights folded = models::folded(randomWeights(config, 5, at::kFloat), 2, 0.3, at::kFloat);
    const at::Tensor pixels = randomPixels(1 + 4 * 6, 16, 16, at::kFloat);
    const at::Tensor before = streamed(folded, pixels);
    const std::int64_t changedGroup = 1; // frames 1 to 4
    at::Tensor changed = pixels.clone();
    changed.narrow(0, 4, 1).add_(0.5);
    const at::Tensor after = streamed(folded, changed);
    std::int64_t lastTouched = 0;
    for (std::int64_t group = changedGroup; group <= 6; ++group) {
        const at::Tensor d = after.narrow(0, 1 + 4 * (group - 1), 4) - before.narrow(0, 1 + 4 * (group - 1), 4);
        if (largest(d) > 0) {
            lastTouched = group;
        }
    }
    CHECK(largest(after.narrow(0, 0, 4) - before.narrow(0, 0, 4)) >= 0);
    CHECK(largest(after[0] - before[0]) == 0); // causal
    CHECK(lastTouched > changedGroup);
    CHECK(lastTouched <= changedGroup + config.reach());
}

TEST_CASE("lite: begun in the middle, `reach` groups early, it gives the same values")
{
    const at::NoGradGuard noGrad;
    const LiteConfig config = tinyConfig();
    const LiteWeights folded = models::folded(randomWeights(config, 6, at::kFloat), 0, 0.9, at::kFloat);
    const std::int64_t groups = config.reach() + 3;
    const at::Tensor pixels = randomPixels(1 + 4 * groups, 16, 24, at::kFloat);
    const at::Tensor whole = streamed(folded, pixels);
    const std::int64_t wanted = groups; // the last group
    lite::PassCache cache{midShotCache(), midShotCache(), midShotCache()};
    at::Tensor result;
    for (std::int64_t g = wanted - config.reach(); g <= wanted; ++g) {
        result = lite::pass(
            folded, pixels.narrow(0, 1 + 4 * (g - 1), 4).contiguous(at::MemoryFormat::ChannelsLast), 4, cache);
    }
    CHECK(largest(result - whole.narrow(0, 1 + 4 * (wanted - 1), 4)) == 0);
}

TEST_CASE("lite: folding the condition into the weights equals modulating every output")
{
    const at::NoGradGuard noGrad;
    const LiteWeights weights = randomWeights(tinyConfig(), 8);
    for (const double detail : {0.0, 0.35, 1.0}) {
        const LiteWeights folded = models::folded(weights, 2, detail, at::kDouble);
        const auto modulated = [&](const LiteLayer& layer, const at::Tensor& y, std::int64_t axis) {
            const at::Tensor row = layer.film[2][0] + layer.film[2][1] * detail;
            std::vector<std::int64_t> shape(static_cast<std::size_t>(y.dim()), 1);
            shape[static_cast<std::size_t>(axis)] = -1;
            return y * (row[0] + 1).view(shape) + row[1].view(shape);
        };
        const LiteLayer& conv = weights.encoderBlocks[0][0].conv1;
        const at::Tensor x = at::randn({2, 8, 6, 6}, at::make_generator<at::CPUGeneratorImpl>(9), at::kDouble);
        const LiteLayer& foldedConv = folded.encoderBlocks[0][0].conv1;
        CHECK(largest(at::conv2d(x, foldedConv.weight, foldedConv.bias, 1, 1) -
                      modulated(conv, at::conv2d(x, conv.weight, conv.bias, 1, 1), 1)) < 1e-12);
        const at::Tensor tokens = at::randn({3, 16}, at::make_generator<at::CPUGeneratorImpl>(9), at::kDouble);
        CHECK(largest(at::linear(tokens, folded.transformer[0].qkv.weight, folded.transformer[0].qkv.bias) -
                      modulated(weights.transformer[0].qkv,
                          at::linear(tokens, weights.transformer[0].qkv.weight, weights.transformer[0].qkv.bias),
                          1)) < 1e-12);
    }
    CHECK(largest(models::folded(weights, 0, 0, at::kDouble).out.weight -
                  models::folded(weights, 1, 0, at::kDouble).out.weight) > 0);
}

TEST_CASE("lite: gradients agree with finite differences, through caches and folding")
{
    LiteConfig config = tinyConfig();
    config.channels = {4, 6};
    config.encoderBlocks = {1, 1};
    config.decoderBlocks = {1, 1};
    config.transformerBlocks = 2;
    LiteWeights weights = randomWeights(config, 10);
    const at::Tensor pixels = randomPixels(9, 8, 12);
    const at::Tensor probe = at::randn({9, 3, 8, 12}, at::make_generator<at::CPUGeneratorImpl>(11), at::kDouble);
    const auto loss = [&] { return (streamed(models::folded(weights, 1, 0.6, at::kDouble), pixels) * probe).sum(); };
    setRequiresGrad([&](const ParameterVisitor& v) { weights.visit(v); }, true);
    loss().backward();
    std::int64_t checked = 0;
    weights.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        REQUIRE_MESSAGE(tensor.grad().defined(), name);
        const at::NoGradGuard noGrad;
        // Along a random direction: one number per tensor says whether all its elements are right.
        const at::Tensor direction =
            at::randn(tensor.sizes(), at::make_generator<at::CPUGeneratorImpl>(12), at::kDouble);
        const double analytic = (tensor.grad() * direction).sum().item<double>();
        const double h = 1e-7; // small, so that hardly a ReLU changes sides
        tensor.add_(direction, h);
        const double plus = loss().item<double>();
        tensor.sub_(direction, 2 * h);
        const double minus = loss().item<double>();
        tensor.add_(direction, h);
        const double numeric = (plus - minus) / (2 * h);
        CHECK_MESSAGE(std::abs(numeric - analytic) < 1e-4 * std::max(1.0, std::abs(analytic)), name);
        ++checked;
    });
    CHECK(checked > 50);
}

TEST_CASE("lite: fresh weights return their input")
{
    const at::NoGradGuard noGrad;
    LiteWeights weights(tinyConfig());
    initialise(weights, 1);
    const at::Tensor pixels = randomPixels(5, 16, 16, at::kFloat);
    CHECK(largest(streamed(models::folded(weights, 0, 0.5, at::kFloat), pixels) - pixels.narrow(1, 0, 3)) < 1e-6);
    CHECK(largest(streamed(models::folded(weights, 0, 0.5, at::kBFloat16), pixels) - pixels.narrow(1, 0, 3)) < 1e-6);
}

TEST_CASE("lite: bfloat16 stays close to float32")
{
    const at::NoGradGuard noGrad;
    const LiteWeights weights = randomWeights(LiteConfig(), 13, at::kFloat);
    const at::Tensor pixels = randomPixels(5, 64, 64, at::kFloat);
    const at::Tensor exact = streamed(models::folded(weights, 0, 0.5, at::kFloat), pixels);
    const at::Tensor rounded = streamed(models::folded(weights, 0, 0.5, at::kBFloat16), pixels);
    const double change = (exact - pixels.narrow(1, 0, 3)).square().mean().sqrt().item<double>();
    CHECK((rounded - exact).square().mean().sqrt().item<double>() < 0.02 * change);
}

namespace {

// An adapter of rank 2 over every layer, with values in both of its matrices.
Lora randomAdapter(LiteWeights& weights, std::uint64_t seed)
{
    const VisitFunction visit = [&](const ParameterVisitor& visitor) { weights.visit(visitor); };
    Lora lora = freshLora(visit, {.rank = 2, .alpha = 2}, seed);
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    for (LoraPair& pair : lora.pairs) {
        pair.up = at::randn(pair.up.sizes(), generator) * 0.1;
    }
    return lora;
}

} // namespace

TEST_CASE("lite: an adapter belongs to its condition alone, folded, per sample and after a file")
{
    const at::NoGradGuard noGrad;
    test::TemporaryFolder folder;
    const LiteWeights plain = randomWeights(tinyConfig(), 21, at::kFloat);
    LiteWeights weights = plain;
    weights.adapters[1] = randomAdapter(weights, 5);
    const at::Tensor pixels = randomPixels(5, 32, 32, at::kFloat);
    const auto made = [&](const LiteWeights& of, std::int64_t condition) {
        return streamed(models::folded(of, condition, 0.5, at::kFloat), pixels);
    };
    CHECK(largest(made(weights, 0) - made(plain, 0)) == 0);
    CHECK(largest(made(weights, 1) - made(plain, 1)) > 1e-3);

    // W + B A by hand, in one layer of each kind.
    const LiteWeights whole = models::adapted(weights, 1);
    CHECK(whole.adapters.empty());
    const auto pairOf = [&](const std::string& module) {
        return *std::ranges::find(weights.adapters.at(1).pairs, module, &LoraPair::module);
    };
    const LoraPair conv = pairOf("encoder.level.0.block.0.conv1"), linear = pairOf("transformer.block.0.qkv");
    const at::Tensor change = at::matmul(conv.up.view({8, 2}), conv.down.view({2, 8 * 9})).view({8, 8, 3, 3});
    CHECK(largest(whole.encoderBlocks[0][0].conv1.weight - plain.encoderBlocks[0][0].conv1.weight - change) < 1e-6);
    CHECK(largest(whole.transformer[0].qkv.weight - plain.transformer[0].qkv.weight -
                  at::matmul(linear.up, linear.down)) < 1e-6);

    const LiteWeights batch = models::perSample(weights, {1, 1}, {0.5, 0.5}, at::kFloat);
    const LiteWeights expected = models::perSample(whole, {1, 1}, {0.5, 0.5}, at::kFloat);
    CHECK(largest(batch.out.weight - expected.out.weight) == 0);
    CHECK_THROWS_AS(models::perSample(weights, {1, 0}, {0.5, 0.5}, at::kFloat), base::Error);
    models::perSample(weights, {2, 0}, {0.5, 0.5}, at::kFloat); // neither has one

    weights.balance = {{1, 0.3}};
    saveLite(folder / "model.safetensors", weights, at::kFloat);
    const LiteWeights back = loadLite(folder / "model.safetensors");
    CHECK(back.balance == weights.balance);
    CHECK(largest(made(back, 0) - made(plain, 0)) == 0);
    CHECK(largest(made(back, 1) - made(weights, 1)) == 0);
}

TEST_CASE("lite: the middle of the detail control is each condition's balance of the dial")
{
    LiteWeights weights = randomWeights(tinyConfig(), 23, at::kFloat);
    CHECK(weights.dial(0, 0.3) == doctest::Approx(0.3));
    weights.balance = {{1, 0.2}, {2, 1}};
    CHECK(weights.dial(0, 0.8) == doctest::Approx(0.8));
    CHECK(weights.dial(1, 0) == 0);
    CHECK(weights.dial(1, 0.25) == doctest::Approx(0.1));
    CHECK(weights.dial(1, 0.5) == doctest::Approx(0.2));
    CHECK(weights.dial(1, 0.75) == doctest::Approx(0.6));
    CHECK(weights.dial(1, 1) == 1);
    CHECK(weights.dial(2, 0.25) == doctest::Approx(0.5));
    CHECK(weights.dial(2, 0.8) == doctest::Approx(1));
    test::TemporaryFolder folder;
    NamedTensors tensors;
    weights.visit([&](const std::string& name, at::Tensor& t, at::IntArrayRef) { tensors.emplace_back(name, t); });
    for (const char* bad : {"{\"0\":2}", "{\"x\":0.5}", "nothing", "[0.5]"}) {
        writeSafetensors(folder / "bad.safetensors", tensors, {{"balance", bad}});
        CHECK_THROWS_AS(loadLite(folder / "bad.safetensors"), base::Error);
    }
}

TEST_CASE("lite: adapters in a file that are not whole, or of another task or size, are refused by name")
{
    test::TemporaryFolder folder;
    LiteWeights weights = randomWeights(tinyConfig(), 22, at::kFloat);
    weights.adapters[1] = randomAdapter(weights, 6);
    saveLite(folder / "good.safetensors", weights, at::kFloat);
    const auto why = [&](const std::function<void(NamedTensors&)>& change) {
        const SafetensorsFile good(folder / "good.safetensors");
        NamedTensors tensors;
        for (const StoredTensor& stored : good.header().tensors) {
            tensors.emplace_back(stored.name, good.read(stored, {}));
        }
        change(tensors);
        writeSafetensors(folder / "bad.safetensors", tensors);
        try {
            loadLite(folder / "bad.safetensors");
        } catch (const base::Error& error) {
            return error.why();
        }
        return std::string("no error");
    };
    const std::string down = "adapter.1.decoder.out.lora_A.weight", up = "adapter.1.decoder.out.lora_B.weight";
    const auto at = [](NamedTensors& t, const std::string& name) {
        return std::ranges::find(t, name, &NamedTensors::value_type::first);
    };
    CHECK(why([](NamedTensors&) {}) == "no error");
    CHECK(why([&](NamedTensors& t) { t.erase(at(t, down)); }).find("decoder.out") != std::string::npos);
    CHECK(why([&](NamedTensors& t) {
        at(t, up)->second = at::zeros({5, 2, 1, 1});
    }).find("decoder.out") != std::string::npos);
    CHECK(why([&](NamedTensors& t) { at(t, up)->first = "adapter.9.decoder.out.lora_B.weight"; }).find("task") !=
          std::string::npos);
    CHECK(why([&](NamedTensors& t) { at(t, up)->first = "adapter.decoder.out.lora_B.weight"; }).find("task") !=
          std::string::npos);
    CHECK(why([&](NamedTensors& t) {
        t.emplace_back("adapter.1.nothing.lora_A.weight", at::zeros({1}));
    }).find("adapter.1.nothing") != std::string::npos);
    CHECK(why([&](NamedTensors& t) { at(t, up)->second = at::full({12, 2, 1, 1}, NAN); }) != "no error");
}

TEST_CASE("lite: a file tells its sizes; what is missing, misshapen or foreign is named")
{
    test::TemporaryFolder folder;
    LiteConfig config = tinyConfig();
    config.decoderBlocks = {2, 1, 3};
    config.temporal = false;
    LiteWeights weights = randomWeights(config, 14, at::kFloat);
    saveLite(folder / "model.safetensors", weights, at::kFloat, {{"note", "made by a test"}});
    LiteWeights back = loadLite(folder / "model.safetensors");
    CHECK(back.config == config);
    const at::Tensor pixels = randomPixels(5, 16, 16, at::kFloat);
    const at::NoGradGuard noGrad;
    CHECK(largest(streamed(models::folded(back, 1, 0.5, at::kFloat), pixels) -
                  streamed(models::folded(weights, 1, 0.5, at::kFloat), pixels)) == 0);

    const auto save = [&](const std::function<void(NamedTensors&)>& change) {
        NamedTensors tensors;
        weights.visit(
            [&](const std::string& name, at::Tensor& t, at::IntArrayRef) { tensors.emplace_back(name, t); });
        change(tensors);
        writeSafetensors(folder / "bad.safetensors", tensors);
    };
    const auto why = [&] {
        try {
            loadLite(folder / "bad.safetensors");
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::ErrorKind::kInput);
            return error.why();
        }
        return std::string("no error");
    };
    const auto at = [](NamedTensors& t, const std::string& name) {
        return std::find_if(t.begin(), t.end(), [&](const auto& e) { return e.first == name; });
    };
    save([&](NamedTensors& t) { t.erase(at(t, "decoder.level.1.block.0.conv2.bias")); });
    CHECK(why().find("decoder.level.1.block.0.conv2.bias") != std::string::npos);
    save([&](NamedTensors& t) { at(t, "decoder.out.bias")->second = at::zeros({5}); });
    CHECK(why().find("decoder.out.bias") != std::string::npos);
    save([&](NamedTensors& t) { t.emplace_back("decoder.extra", at::zeros({1})); });
    CHECK(why().find("decoder.extra") != std::string::npos);
    save([&](NamedTensors& t) { t.erase(at(t, "encoder.stem.weight")); });
    CHECK(why().find("encoder.stem.weight") != std::string::npos);
    save([&](NamedTensors& t) { at(t, "encoder.stem.bias")->second = at::full({8}, NAN); });
    CHECK(why() != "no error");
}

TEST_CASE("lite: the footprint's counts are those of the network")
{
    const at::NoGradGuard noGrad;
    const LiteConfig config;
    LiteWeights weights = models::folded(randomWeights(config, 15, at::kFloat), 0, 0, at::kFloat);
    const plan::ModelFootprint footprint = liteFootprint(config);
    std::int64_t parameters = 0;
    weights.visit([&](const std::string&, at::Tensor& t, at::IntArrayRef) { parameters += t.numel(); });
    CHECK(
        footprint.encoder->parameters + footprint.decoder->parameters + footprint.denoiser->parameters == parameters);
    lite::PassCache cache;
    lite::pass(weights, randomPixels(1, 64, 64, at::kFloat), 1, cache);
    const double cells = 64;
    const auto elements = [](const CausalCache& c) {
        double sum = 0;
        for (const at::Tensor& t : definedSlots(c)) {
            sum += static_cast<double>(t.numel());
        }
        return sum;
    };
    CHECK(elements(cache.encoder) == footprint.encoder->cacheElements * cells);
    CHECK(elements(cache.decoder) == footprint.decoder->cacheElements * cells);
    CHECK(cache.encoder.slots.size() == static_cast<std::size_t>(footprint.encoder->cacheSlots));
    const auto sharedWeights = std::make_shared<LiteWeights>(weights);
    const auto slots = LiteDecoder(sharedWeights).cacheSlots();
    REQUIRE(slots.size() == cache.decoder.slots.size());
    for (std::size_t i = 0; i < slots.size(); ++i) {
        CHECK(cache.decoder.slots[i].sizes() ==
              at::IntArrayRef({1, slots[i].channels, 8 * slots[i].cellScale, 8 * slots[i].cellScale}));
    }
    // All of it must fit the room that the program has for bundled weights: 12 MB at 2 bytes each.
    LiteWeights unfolded(config);
    CHECK(countParameters([&](const ParameterVisitor& v) { unfolded.visit(v); }) * 2 < 12'000'000);
}

TEST_CASE("lite: what cannot be run is refused in words")
{
    const auto folded =
        std::make_shared<LiteWeights>(models::folded(randomWeights(tinyConfig(), 16), 0, 0, at::kDouble));
    const LiteEncoder encoder(folded);
    CHECK_THROWS_AS(encoder.groups(6), base::Error);
    CHECK_THROWS_AS(encoder.encode(at::zeros({1, 5, 1, 12, 16}, at::kDouble), {}), base::Error);
    LiteConfig config;
    config.heads = 5;
    CHECK_THROWS_AS(config.check(), base::Error);
    config = {};
    config.channels.pop_back();
    CHECK_THROWS_AS(config.check(), base::Error);
}
