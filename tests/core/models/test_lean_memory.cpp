#include <ATen/ATen.h>
#include <ATen/SavedTensorHooks.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/saved_variable_hooks.h>

#include <map>

#include "core/models/cogvideox_vae.h"
#include "core/models/evaluate.h"
#include "core/models/wan_vae.h"
#include "core/tensor/device.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

// What autograd keeps, storage by storage. LibTorch asks its engine for the hooks; this one hands out counting ones.
std::map<const void*, std::int64_t> kept; // storage -> elements

struct CountingHooks : torch::autograd::SavedVariableHooks {
    at::Tensor value;
    void call_pack_hook(const at::Tensor& tensor) override
    {
        value = tensor.detach();
        if (tensor.defined()) {
            kept[tensor.storage().unsafeGetStorageImpl()] =
                static_cast<std::int64_t>(tensor.storage().nbytes()) / tensor.element_size();
        }
    }
    at::Tensor call_unpack_hook() override { return value; }
};

struct CountingEngine : torch::autograd::Engine {
    std::unique_ptr<torch::autograd::SavedVariableHooks> get_default_saved_variable_hooks() override
    {
        return counting ? std::make_unique<CountingHooks>() : nullptr;
    }
    bool counting = false;
};

CountingEngine& engine()
{
    static CountingEngine* one = new CountingEngine; // outlives every thread of LibTorch
    return *one;
}

double savedBy(const VisitFunction& visit, const std::function<void()>& build)
{
    torch::autograd::set_default_engine_stub([]() -> torch::autograd::Engine& { return engine(); });
    engine().counting = true;
    kept.clear();
    build();
    engine().counting = false;
    visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        kept.erase(tensor.storage().unsafeGetStorageImpl());
    });
    double elements = 0;
    for (const auto& [storage, count] : kept) {
        elements += static_cast<double>(count);
    }
    return elements;
}

WanVaeConfig narrowConfig()
{
    WanVaeConfig config;
    config.latentChannels = 3;
    config.encoderStem = 4;
    config.encoderChannels = config.decoderChannels = {4, 4, 6, 6};
    config.decoderStem = 6;
    config.residualBlocks = 1;
    config.encoderAttention = {false, false, false, false};
    return config;
}

double difference(const at::Tensor& a, const at::Tensor& b)
{
    REQUIRE(a.sizes() == b.sizes());
    return ((a - b).abs().max() / b.abs().max()).item<double>();
}

} // namespace

TEST_CASE("a steady group of the full-width Wan decoder keeps at most 4,700 elements per output position")
{
    const auto decoder = makeWanDecoder({});
    const VisitFunction visit = [&](const ParameterVisitor& visitor) { decoder->visit(visitor); };
    visit([](const std::string&, at::Tensor& tensor, at::IntArrayRef shape) { tensor = at::zeros(shape); });
    CHECK(countParameters(visit) == 73'295'603);
    CHECK(decoder->cacheSlots().size() == 32);
    CHECK(makeWanEncoder({})->cacheSlots().size() == 24);
    constexpr std::int64_t kCells = 2; // a picture of 16x16
    const auto latent = [] { return at::zeros({1, 16, 1, kCells, kCells}); };
    DecoderCache cache;
    for (int group = 0; group < 2; ++group) {
        const at::NoGradGuard none;
        cache = decoder->decode(latent(), {}, cache).cache;
    }
    double elements = 0;
    for (const auto& slot : cache.slots) {
        elements += static_cast<double>(slot.numel());
    }
    CHECK(elements == 151'328.0 * kCells * kCells);

    const double positions = 64.0 * kCells * kCells;
    DecodeStep step;
    const auto build = [&] { step = decoder->decode(latent().requires_grad_(true), {}, asLeaves(cache)); };
    const double lean = savedBy(visit, build) / positions;
    step = {};
    decoder->setOperators(OperatorSet::kStock);
    const double stock = savedBy(visit, build) / positions;
    MESSAGE("elements kept per output position: lean ", lean, ", stock ", stock);
    CHECK(lean <= 4'700);
    CHECK(lean >= 4'000); // the inputs of the norms alone: less would mean that the count is broken
    CHECK(stock > 3.5 * lean);
}

TEST_CASE("a steady group of the full-width CogVideoX decoder keeps at most 18,000 elements per output position")
{
    const auto decoder = makeCogVideoXDecoder({});
    const VisitFunction visit = [&](const ParameterVisitor& visitor) { decoder->visit(visitor); };
    visit([](const std::string&, at::Tensor& tensor, at::IntArrayRef shape) { tensor = at::zeros(shape); });
    CHECK(decoder->cacheSlots().size() == 38);
    const auto encoder = makeCogVideoXEncoder({});
    CHECK(encoder->cacheSlots().size() == 30);
    CHECK(countParameters([&](const ParameterVisitor& visitor) {
        decoder->visit(visitor);
        encoder->visit(visitor);
    }) == 215'583'907);
    constexpr std::int64_t kCells = 2; // a picture of 16x16
    const auto latent = [] { return at::zeros({1, 16, 2, kCells, kCells}); };
    DecoderCache cache;
    {
        const at::NoGradGuard none;
        cache = decoder->decode(latent(), {}, cache).cache;
    }
    double elements = 0;
    for (const auto& slot : cache.slots) {
        elements += static_cast<double>(slot.numel());
    }
    CHECK(elements == 260'128.0 * kCells * kCells);

    const double positions = 64.0 * kCells * kCells;
    DecodeStep step;
    const auto build = [&] { step = decoder->decode(latent().requires_grad_(true), {}, asLeaves(cache)); };
    const double lean = savedBy(visit, build) / positions;
    step = {};
    decoder->setOperators(OperatorSet::kStock);
    const double stock = savedBy(visit, build) / positions;
    MESSAGE("elements kept per output position: lean ", lean, ", stock ", stock);
    CHECK(lean <= 18'000);
    CHECK(lean >= 15'000); // the inputs of the norms alone: less would mean that the count is broken
    CHECK(stock > 4.5 * lean);
}

TEST_CASE("lean and stock decoders agree in value and in gradient, across hand-offs of the cache")
{
    at::manual_seed(3);
    const auto decoder = makeWanDecoder(narrowConfig());
    initialiseRandomly([&](const ParameterVisitor& visitor) { decoder->visit(visitor); }, 5, at::kDouble);
    const at::Tensor z = at::randn({1, 3, 3, 2, 2}, at::kDouble);
    std::vector<at::Tensor> gradients, frames;
    const at::Tensor cotangent = at::randn({1, 3, 9, 16, 16}, at::kDouble);
    for (const OperatorSet operators : {OperatorSet::kLean, OperatorSet::kStock}) {
        decoder->setOperators(operators);
        const at::Tensor leaf = z.clone().requires_grad_(true);
        DecoderCache cache;
        std::vector<at::Tensor> parts;
        for (std::int64_t i = 0; i < 3; ++i) {
            DecodeStep step = decoder->decode(leaf.narrow(2, i, 1), {}, cache);
            cache = step.cache;
            parts.push_back(step.frames);
        }
        frames.push_back(at::cat(parts, 2));
        gradients.push_back(torch::autograd::grad({frames.back()}, {leaf}, {cotangent})[0]);
    }
    CHECK(difference(frames[0], frames[1]) < 1e-12);
    CHECK(difference(gradients[0], gradients[1]) < 1e-12);
}

TEST_CASE("the sweep over hand-offs gives the gradient of the whole clip; a cut gives none to earlier groups")
{
    at::manual_seed(4);
    const auto decoder = makeWanDecoder(narrowConfig());
    initialiseRandomly([&](const ParameterVisitor& visitor) { decoder->visit(visitor); }, 6, at::kDouble);
    const at::Tensor z = at::randn({1, 3, 4, 2, 2}, at::kDouble);
    const at::Tensor cotangent = at::randn({1, 3, 13, 16, 16}, at::kDouble);
    const at::Tensor leaf = z.clone().requires_grad_(true);
    const at::Tensor whole = torch::autograd::grad({decoder->decode(leaf, {}, {}).frames}, {leaf}, {cotangent})[0];

    const auto groups = decoder->groups(4);
    std::vector<DecoderCache> caches(1);
    for (const auto& group : groups) {
        const at::NoGradGuard none;
        caches.push_back(decoder->decode(z.narrow(2, group.latents.begin, 1), {}, caches.back()).cache);
    }
    // From the last group back: each group's graph takes the cotangents of its frames and of the cache it handed on.
    at::Tensor swept = at::zeros_like(z);
    std::vector<at::Tensor> arriving;
    for (std::size_t g = groups.size(); g-- > 0;) {
        const at::Tensor own = z.narrow(2, groups[g].latents.begin, 1).clone().requires_grad_(true);
        const DecoderCache leaves = asLeaves(caches[g]);
        const DecodeStep step = decoder->decode(own, {}, leaves);
        std::vector<at::Tensor> outputs = {step.frames};
        std::vector<at::Tensor> cotangents = {cotangent.narrow(2, groups[g].frames.begin, groups[g].frames.size())};
        std::size_t next = 0;
        for (std::size_t s = 0; s < leaves.slots.size() || s < step.cache.slots.size(); ++s) {
            if (step.cache.slots[s].defined() && !arriving.empty()) {
                const at::Tensor& given = arriving[s];
                if (given.defined()) {
                    outputs.push_back(step.cache.slots[s]);
                    cotangents.push_back(given);
                }
            }
        }
        std::vector<at::Tensor> inputs = definedSlots(leaves);
        inputs.insert(inputs.begin(), own);
        const auto found = torch::autograd::grad(outputs, inputs, cotangents, false, false, true);
        swept.narrow(2, groups[g].latents.begin, 1).copy_(found[0]);
        arriving.assign(step.cache.slots.size(), {});
        for (std::size_t s = 0; s < leaves.slots.size(); ++s) {
            if (leaves.slots[s].defined()) {
                arriving[s] = found[++next];
            }
        }
    }
    CHECK(difference(swept, whole) < 1e-12);

    const at::Tensor first = z.narrow(2, 0, 1).clone().requires_grad_(true);
    const DecodeStep earlier = decoder->decode(first, {}, {});
    const at::Tensor second = z.narrow(2, 1, 1).clone().requires_grad_(true);
    const DecodeStep later = decoder->decode(second, {}, detached(earlier.cache));
    const auto cut =
        torch::autograd::grad({later.frames}, {first, second}, {at::ones_like(later.frames)}, false, false, true);
    CHECK_FALSE(cut[0].defined());
    CHECK(cut[1].abs().max().item<double>() > 0);
}
