#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/lite_weights.h"
#include "core/models/lora_file.h"
#include "core/models/safetensors.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

// Anything with layers by name: two transformer blocks of Wan's kind, a convolution over time and a transposed one.
struct Network {
    std::vector<std::pair<std::string, at::Tensor>> tensors;

    explicit Network(std::int64_t width = 8)
    {
        const at::Generator generator = at::detail::createCPUGenerator(5);
        const auto add = [&](const std::string& name, at::IntArrayRef shape) {
            tensors.emplace_back(name, at::empty(shape, at::kFloat).normal_(0, 1, generator));
        };
        for (const std::string block : {"blocks.0.", "blocks.1."}) {
            for (const char* layer : {"attn1.to_q", "attn1.to_out.0", "attn2.to_k"}) {
                add(block + layer + ".weight", {width, width});
                add(block + layer + ".bias", {width});
            }
            add(block + "ffn.net.0.proj.weight", {2 * width, width});
            add(block + "norm.weight", {width});
        }
        add("decoder.conv.weight", {6, 4, 3, 3, 3});
        add("decoder.up.weight", {4, 6, 2, 2});
    }

    void visit(const ParameterVisitor& visitor)
    {
        for (auto& [name, tensor] : tensors) {
            const std::vector<std::int64_t> shape = tensor.sizes().vec();
            visitor(name, tensor, shape);
        }
    }
    VisitFunction function()
    {
        return [this](const ParameterVisitor& visitor) { visit(visitor); };
    }
    at::Tensor& operator[](const std::string& name)
    {
        for (auto& [own, tensor] : tensors) {
            if (own == name) {
                return tensor;
            }
        }
        throw std::out_of_range(name);
    }
};

// An adapter that changes something.
Lora filledLora(Network& network, const LoraSettings& settings = {.rank = 3, .alpha = 6})
{
    Lora lora = freshLora(network.function(), settings, 2);
    const at::Generator generator = at::detail::createCPUGenerator(8);
    for (LoraPair& pair : lora.pairs) {
        pair.up.normal_(0, 1, generator);
    }
    return lora;
}

std::string complaint(const std::function<void()>& work)
{
    try {
        work();
        return {};
    } catch (const base::Error& error) {
        return error.message() + " " + error.why();
    }
}

bool same(const Lora& a, const Lora& b)
{
    bool equal = a.pairs.size() == b.pairs.size();
    for (std::size_t i = 0; equal && i < a.pairs.size(); ++i) {
        equal = a.pairs[i].module == b.pairs[i].module && a.pairs[i].alpha == b.pairs[i].alpha &&
                at::equal(a.pairs[i].down, b.pairs[i].down) && at::equal(a.pairs[i].up, b.pairs[i].up);
    }
    return equal;
}

} // namespace

TEST_CASE("a fresh adapter changes nothing; a filled one adds alpha / rank B A, and goes without a trace")
{
    Network network;
    const Network before = network;
    const Lora fresh = freshLora(network.function(), {.rank = 3, .alpha = 6}, 1);
    CHECK(fresh.pairs.size() == 10);
    mergeLora(network.function(), fresh);
    CHECK(at::equal(network["blocks.0.attn1.to_q.weight"], Network(before)["blocks.0.attn1.to_q.weight"]));

    const Lora lora = filledLora(network);
    const ReplacedWeights replaced = mergeLora(network.function(), lora, 0.5);
    CHECK(replaced.size() == 10);
    for (const LoraPair& pair : lora.pairs) {
        const at::Tensor old = Network(before)[pair.module + ".weight"];
        const at::Tensor product = at::matmul(pair.up.view({old.size(0), -1}), pair.down.view({pair.rank(), -1}));
        const at::Tensor expected = old + product.view(old.sizes()) * (0.5 * 6.0 / 3.0);
        CHECK((network[pair.module + ".weight"] - expected).abs().max().item<double>() < 1e-5);
    }
    unmergeLora(network.function(), replaced);
    for (const auto& [name, tensor] : before.tensors) {
        CHECK(at::equal(network[name], tensor));
    }
}

TEST_CASE("rank, alpha and modules are those that were asked for")
{
    Network network;
    const Lora some = freshLora(network.function(), {.rank = 2, .alpha = 4, .modules = {"attn1", "up"}}, 1);
    REQUIRE(some.pairs.size() == 5);
    CHECK(some.pairs[0].module == "blocks.0.attn1.to_q");
    CHECK(some.pairs[0].rank() == 2);
    CHECK(some.pairs[0].alpha == 4);
    const Lora rest = freshLora(network.function(), {.rank = 2, .alpha = 4, .leftOut = {"decoder"}}, 1);
    CHECK(rest.pairs.size() == 8);
    // A layer smaller than the rank gets what it can hold, at the same strength.
    const Lora large = freshLora(network.function(), {.rank = 64, .alpha = 64, .modules = {"to_q"}}, 1);
    CHECK(large.pairs[0].rank() == 8);
    CHECK(large.pairs[0].alpha == 8);
    // Counted without being made.
    const LoraSettings settings{.rank = 3, .alpha = 3, .modules = {"to_q", "up"}, .leftOut = {"decoder"}};
    std::int64_t made = 0, counted = 0;
    for (const LoraPair& pair : freshLora(network.function(), settings, 1).pairs) {
        made += pair.down.numel() + pair.up.numel();
    }
    network.function()([&](const std::string& name, at::Tensor&, at::IntArrayRef shape) {
        counted += loraParameters(name, shape, settings);
    });
    CHECK(made > 0);
    CHECK(counted == made);
    CHECK(complaint([&] { freshLora(network.function(), {.modules = {"cross"}}, 1); }).find("cross") !=
          std::string::npos);
}

TEST_CASE("gradients reach both factors, and the weight beneath stays as it is")
{
    Network network;
    Lora lora = filledLora(network, {.rank = 2, .alpha = 2, .modules = {"blocks.0.attn1.to_q"}});
    LoraPair& pair = lora.pairs.front();
    pair.down.requires_grad_(true);
    pair.up.requires_grad_(true);
    const at::Tensor beneath = network["blocks.0.attn1.to_q.weight"];
    applyLora(network.function(), lora);
    const at::Tensor weighting = at::arange(64, at::kFloat).view({8, 8});
    (network["blocks.0.attn1.to_q.weight"] * weighting).sum().backward();
    CHECK((pair.up.grad() - at::matmul(weighting, pair.down.detach().t())).abs().max().item<double>() < 1e-3);
    CHECK((pair.down.grad() - at::matmul(pair.up.detach().t(), weighting)).abs().max().item<double>() < 1e-3);
    CHECK_FALSE(beneath.requires_grad());
}

TEST_CASE("every dialect gives back what was written, under the names that others use")
{
    const test::TemporaryFolder folder;
    Network network;
    Lora lora = filledLora(network);
    lora.pairs[1].alpha = 2.5; // one that differs
    const std::pair<LoraDialect, const char*> cases[] = {
        {LoraDialect::kPeft, "transformer.blocks.0.attn1.to_q.lora_A.weight"},
        {LoraDialect::kKohya, "lora_unet_blocks_0_self_attn_q.lora_down.weight"},
        {LoraDialect::kComfy, "diffusion_model.blocks.0.self_attn.q.lora_A.weight"},
    };
    for (const auto& [dialect, name] : cases) {
        const auto path = folder / (std::string(loraDialectName(dialect)) + ".safetensors");
        writeLora(path, lora, dialect, {{"base", "tiny"}});
        CHECK(SafetensorsFile(path).find(name) != nullptr);
        CHECK(looksLikeLora(path));
        const LoraFile read = readLora(path, network.function());
        CHECK(read.dialect == dialect);
        CHECK(same(read.lora, lora));
        CHECK(read.metadata.at("base") == "tiny");
        CHECK(loraDialectFromName(loraDialectName(dialect)) == dialect);
    }
}

TEST_CASE("files of other programs: PEFT's prefix, musubi's original names, no alpha")
{
    const test::TemporaryFolder folder;
    Network network;
    const at::Tensor down = at::ones({4, 8}), up = at::ones({8, 4});
    const auto path = folder / "other.safetensors";
    writeSafetensors(path, {{"base_model.model.blocks.1.attn2.to_k.lora_A.default.weight", down},
                               {"base_model.model.blocks.1.attn2.to_k.lora_B.default.weight", up}});
    LoraFile read = readLora(path, network.function());
    REQUIRE(read.lora.pairs.size() == 1);
    CHECK(read.lora.pairs[0].module == "blocks.1.attn2.to_k");
    CHECK(read.lora.pairs[0].alpha == 4); // none said: the rank
    writeSafetensors(path, {{"lora_unet_blocks_1_cross_attn_k.lora_down.weight", down},
                               {"lora_unet_blocks_1_cross_attn_k.lora_up.weight", up},
                               {"lora_unet_blocks_1_cross_attn_k.alpha", at::scalar_tensor(2.0, at::kHalf)}});
    read = readLora(path, network.function());
    CHECK(read.lora.pairs[0].module == "blocks.1.attn2.to_k");
    CHECK(read.lora.pairs[0].alpha == 2);
}

TEST_CASE("an adapter of another base says which keys do not fit")
{
    const test::TemporaryFolder folder;
    Network network, wider(16);
    LiteWeights lite;
    const auto path = folder / "lora.safetensors";
    writeLora(path, filledLora(network), LoraDialect::kPeft);
    const std::string strange = complaint([&] { readLora(path, [&](const ParameterVisitor& v) { lite.visit(v); }); });
    CHECK(strange.find("transformer.blocks.0.attn1.to_out.0.lora_A.weight") != std::string::npos);
    const std::string misfit = complaint([&] { readLora(path, wider.function()); });
    CHECK(misfit.find("blocks.0.attn1.to_q") != std::string::npos);
    CHECK(misfit.find("size") != std::string::npos);
    CHECK_FALSE(complaint([&] { mergeLora(wider.function(), filledLora(network)); }).empty());
    // Half a pair, and weights that are no adapter at all.
    writeSafetensors(path, {{"transformer.blocks.0.attn1.to_q.lora_A.weight", at::ones({4, 8})}});
    CHECK(complaint([&] { readLora(path, network.function()); }).find("blocks.0.attn1.to_q") != std::string::npos);
    writeSafetensors(path, {{"blocks.0.attn1.to_q.weight", at::ones({8, 8})}});
    CHECK_FALSE(looksLikeLora(path));
    CHECK(complaint([&] { readLora(path, network.function()); }).find("no low-rank adapter") != std::string::npos);
}

TEST_CASE("the bundled network takes an adapter on every layer")
{
    const test::TemporaryFolder folder;
    LiteWeights lite;
    initialise(lite, 1);
    const auto visit = [&](const ParameterVisitor& v) { lite.visit(v); };
    Lora lora = freshLora(visit, {.rank = 4, .alpha = 4}, 1);
    for (const LoraDialect dialect : {LoraDialect::kPeft, LoraDialect::kKohya, LoraDialect::kComfy}) {
        writeLora(folder / "lite.safetensors", lora, dialect);
        CHECK(same(readLora(folder / "lite.safetensors", visit).lora, lora));
    }
}
