#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>

#include "core/models/catalogue.h"
#include "core/models/lora_file.h"
#include "tests/core/models/against_reference.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

at::Tensor tensorOf(const std::filesystem::path& path, const std::string& name)
{
    const SafetensorsFile file(path);
    const StoredTensor* stored = file.find(name);
    REQUIRE(stored);
    return file.read(*stored, {});
}

} // namespace

TEST_CASE("adapters that diffusers, kohya's tools and ComfyUI spell give diffusers' output")
{
    const c10::AutoGradMode noGradient(false);
    const auto base = test::modelFixture("wan_t2v"), adapters = test::modelFixture("wan_lora");
    const auto given = [&](const char* name) {
        return tensorOf(base / "cases.safetensors", std::string("clip.") + name);
    };
    const at::Tensor expected = tensorOf(adapters / "expected.safetensors", "sample"), plain = given("sample");
    const double scale = expected.abs().max().item<double>();
    REQUIRE((expected - plain).abs().max().item<double>() > 0.05 * scale);
    const std::pair<const char*, LoraDialect> files[] = {{"peft.safetensors", LoraDialect::kPeft},
        {"kohya.safetensors", LoraDialect::kKohya}, {"comfy.safetensors", LoraDialect::kComfy}};
    for (const auto& [name, dialect] : files) {
        CAPTURE(name);
        const auto network = loadDenoiser(base, {});
        const VisitFunction visit = [&](const ParameterVisitor& visitor) { network->visit(visitor); };
        const LoraFile file = readLora(adapters / name, visit);
        CHECK(file.dialect == dialect);
        CHECK(file.lora.pairs.size() == 30);
        const ReplacedWeights replaced = mergeLora(visit, file.lora);
        Conditioning condition;
        condition.timestep = given("timestep");
        condition.text = given("encoder_hidden_states");
        const at::Tensor adapted = network->predict(given("hidden_states"), condition).prediction;
        CHECK((adapted - expected).abs().max().item<double>() < 1e-5 * scale);
        unmergeLora(visit, replaced);
        const at::Tensor again = network->predict(given("hidden_states"), condition).prediction;
        CHECK((again - plain).abs().max().item<double>() < 1e-5 * scale);
    }
}
