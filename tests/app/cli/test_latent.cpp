#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <doctest/doctest.h>

#include "core/models/lite.h"
#include "core/models/lite_file.h"
#include "core/models/safetensors.h"
#include "tests/app/cli/cli_process.h"

using namespace reelmend;
using namespace reelmend::test;

namespace {

const std::string kModel = "wan_tiny";

std::filesystem::path fixture(const std::string& name)
{
    return sourceFolder() / "tests/fixtures/models" / kModel / name;
}

at::Tensor stored(const std::filesystem::path& path, const std::string& name)
{
    const models::SafetensorsFile file(path);
    REQUIRE(file.find(name));
    return file.read(*file.find(name), {});
}

double largest(const at::Tensor& difference)
{
    return difference.abs().max().item<double>();
}

} // namespace

TEST_CASE("latent decode writes what diffusers' decode returns, for every plan")
{
    const CliPlace place;
    models::writeSafetensors(place / "z.safetensors", {{"z", stored(fixture("cases.safetensors"), "clip.z")}});
    const at::Tensor expected = stored(fixture("cases.safetensors"), "clip.raw").clamp(-1, 1);
    const std::string model = text(fixture("diffusion_pytorch_model.safetensors"));
    for (const std::vector<std::string>& plan : std::vector<std::vector<std::string>>{
             {}, {"--chunks", "1,2"}, {"--whole"}, {"--tile", "2x2"}, {"--tile", "1x1+13", "--chunks", "3"}}) {
        std::vector<std::string> arguments = {"latent", "decode", "--model", model, "--in",
            text(place / "z.safetensors"), "--out", text(place / "y.safetensors"), "--dtype", "float32", "--device",
            "cpu", "--json"};
        arguments.insert(arguments.end(), plan.begin(), plan.end());
        const CliResult result = place.run(arguments);
        CAPTURE(result.err);
        REQUIRE(result.exitCode == 0);
        CHECK(result.last()["seconds"].get<double>() > 0);
        CHECK(result.last()["peak_bytes"].get<double>() > 1e6);
        CHECK(largest(stored(place / "y.safetensors", "sample") - expected) < 1e-5);
    }
}

TEST_CASE("latent encode writes mean and log-variance; normalised latents come back through decode")
{
    const CliPlace place;
    models::writeSafetensors(place / "x.safetensors", {{"x", stored(fixture("cases.safetensors"), "clip.x")}});
    const std::string model = text(fixture("diffusion_pytorch_model.safetensors"));
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--model", model, "--dtype", "float32", "--device", "cpu"});
        return place.run(arguments);
    };
    REQUIRE(run({"latent", "encode", "--in", text(place / "x.safetensors"), "--out", text(place / "p.safetensors"),
                    "--chunks", "1,4"})
                .exitCode == 0);
    const at::Tensor expected = stored(fixture("cases.safetensors"), "clip.parameters");
    CHECK(largest(stored(place / "p.safetensors", "parameters") - expected) < 1e-5);
    // The tiny config has no statistics for its four channels.
    const CliResult refused = run({"latent", "encode", "--in", text(place / "x.safetensors"), "--out",
        text(place / "n.safetensors"), "--normalise", "--json"});
    CHECK(refused.exitCode == 2);
    CHECK_FALSE(std::filesystem::exists(place / "n.safetensors"));
}

TEST_CASE("latent works with a network that has skips, for the task and detail that are asked for")
{
    const CliPlace place;
    models::LiteWeights weights(
        models::LiteConfig{.channels = {8, 8, 16}, .latentChannels = 16, .heads = 2, .mlpChannels = 16});
    models::initialiseRandomly([&](const models::ParameterVisitor& v) { weights.visit(v); }, 3, at::kFloat);
    models::saveLite(place / "lite.safetensors", weights, at::kFloat);
    const at::Tensor x = at::rand({1, 5, 9, 32, 64}, at::make_generator<at::CPUGeneratorImpl>(7)) * 2 - 1;
    models::writeSafetensors(place / "x.safetensors", {{"x", x}});
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--model", text(place / "lite.safetensors"), "--dtype", "float32",
                                              "--device", "cpu", "--task", "inpaint", "--detail", "0.25"});
        const CliResult result = place.run(arguments);
        REQUIRE_MESSAGE(result.exitCode == 0, result.err);
    };
    run({"latent", "encode", "--in", text(place / "x.safetensors"), "--out", text(place / "p.safetensors")});
    models::NamedTensors given = {{"z", stored(place / "p.safetensors", "parameters")}};
    for (int i = 0; models::SafetensorsFile(place / "p.safetensors").find("skip." + std::to_string(i)); ++i) {
        given.emplace_back("skip." + std::to_string(i), stored(place / "p.safetensors", "skip." + std::to_string(i)));
    }
    REQUIRE(given.size() > 2);
    models::writeSafetensors(place / "z.safetensors", given);
    run({"latent", "decode", "--in", text(place / "z.safetensors"), "--out", text(place / "y.safetensors")});

    const auto plain = std::make_shared<models::LiteWeights>(
        folded(weights, static_cast<std::int64_t>(models::LiteCondition::kInpaint), 0.25, at::kFloat));
    const models::LiteEncoder encoder(plain);
    const models::LiteDecoder decoder(plain);
    models::EncoderCache past;
    models::DecoderCache later;
    std::int64_t done = 0;
    for (const auto& span : encoder.groups(x.size(2))) {
        auto coded = encoder.encode(x.narrow(2, span.frames.begin, span.frames.size()), std::move(past));
        auto made = decoder.decode(coded.latents, coded.skips, std::move(later));
        past = std::move(coded.cache);
        later = std::move(made.cache);
        const at::Tensor sample = stored(place / "y.safetensors", "sample").narrow(2, done, made.frames.size(2));
        CHECK(largest(sample - made.frames.clamp(-1, 1)) < 1e-5);
        done += made.frames.size(2);
    }
    CHECK(done == 9);
}

TEST_CASE("latent denoise puts an adapter into the weights, at its strength, and refuses another model's")
{
    const CliPlace place;
    const std::filesystem::path models = sourceFolder() / "tests/fixtures/models", base = models / "wan_t2v";
    const std::string adapter = text(models / "wan_lora" / "kohya.safetensors");
    models::NamedTensors given;
    for (const char* name : {"hidden_states", "timestep", "encoder_hidden_states"}) {
        given.emplace_back(name, stored(base / "cases.safetensors", std::string("clip.") + name));
    }
    models::writeSafetensors(place / "in.safetensors", given);
    const auto run = [&](const std::filesystem::path& model, const std::string& lora) {
        return place.run({"latent", "denoise", "--model", text(model), "--in", text(place / "in.safetensors"),
            "--out", text(place / "y.safetensors"), "--dtype", "float32", "--device", "cpu", "--lora", lora});
    };
    const auto sample = [&] { return stored(place / "y.safetensors", "sample"); };
    REQUIRE(run(base, adapter).exitCode == 0);
    CHECK(largest(sample() - stored(models / "wan_lora" / "expected.safetensors", "sample")) < 1e-4);
    REQUIRE(run(base, adapter + ":0").exitCode == 0);
    CHECK(largest(sample() - stored(base / "cases.safetensors", "clip.sample")) < 1e-4);
    CHECK(run(base, adapter + ":much").exitCode == 2);
    const CliResult other = run(models / "wan_odd", adapter);
    CHECK(other.exitCode == 3);
    CHECK(other.err.find("made for") != std::string::npos);
}

TEST_CASE("latent denoise writes what diffusers' transformer returns, and inspect says what it needs")
{
    const CliPlace place;
    const std::filesystem::path folder = sourceFolder() / "tests/fixtures/models/wan_vace";
    models::NamedTensors given;
    for (const char* name : {"hidden_states", "timestep", "encoder_hidden_states", "control_hidden_states",
             "control_hidden_states_scale"}) {
        given.emplace_back(name, stored(folder / "cases.safetensors", std::string("clip.") + name));
    }
    models::writeSafetensors(place / "in.safetensors", given);
    const auto run = [&](const std::string& model, const std::string& in) {
        return place.run({"latent", "denoise", "--model", model, "--in", in, "--out", text(place / "y.safetensors"),
            "--dtype", "float32", "--device", "cpu", "--json"});
    };
    const CliResult result = run(text(folder), text(place / "in.safetensors"));
    REQUIRE_MESSAGE(result.exitCode == 0, result.err);
    CHECK(result.last()["compute_seconds"].get<double>() > 0);
    const at::Tensor expected = stored(folder / "cases.safetensors", "clip.sample");
    CHECK(largest(stored(place / "y.safetensors", "sample") - expected) < 1e-4);
    std::filesystem::remove(place / "y.safetensors");

    given.pop_back(); // one scale for each hint may be left out, the context may not
    given.pop_back();
    models::writeSafetensors(place / "less.safetensors", given);
    CHECK(run(text(folder), text(place / "less.safetensors")).exitCode == 2);
    CHECK(run(text(fixture("diffusion_pytorch_model.safetensors")), text(place / "in.safetensors")).exitCode == 3);
    given.front().first = "other";
    models::writeSafetensors(place / "none.safetensors", given);
    CHECK(run(text(folder), text(place / "none.safetensors")).exitCode == 3);
    CHECK_FALSE(std::filesystem::exists(place / "y.safetensors"));

    const CliResult inspect = place.run({"models", "inspect", text(folder), "--json"});
    REQUIRE(inspect.exitCode == 0);
    CHECK(inspect.last()["kind"] == "denoiser");
    CHECK(inspect.last()["problems"].empty());
    const nlohmann::json memory = inspect.last()["memory"]["denoiser"];
    const double weights = inspect.last()["footprint"]["denoiser"]["parameters"].get<double>();
    CHECK(memory["inference_bytes"]["float32"].get<double>() > 4 * weights);
    CHECK(memory["adapter_bytes"]["float32"] > memory["inference_bytes"]["float32"]);
    CHECK(memory["training_bytes"]["bfloat16"] > memory["adapter_bytes"]["bfloat16"]);
}

TEST_CASE("bad input is one error, and no file is left")
{
    const CliPlace place;
    models::writeSafetensors(place / "x.safetensors", {{"x", at::zeros({1, 3, 1, 8, 8})}});
    models::writeSafetensors(place / "odd.safetensors", {{"x", at::zeros({1, 3, 1, 9, 8})}});
    const std::string model = text(fixture("diffusion_pytorch_model.safetensors"));
    const auto run = [&](const char* verb, const std::string& in, const std::string& path,
                         std::vector<std::string> more) {
        std::vector<std::string> arguments = {"latent", verb, "--model", path, "--in", in, "--out",
            text(place / "out.safetensors"), "--device", "cpu", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const CliResult result = place.run(arguments);
        CHECK_FALSE(std::filesystem::exists(place / "out.safetensors"));
        return result;
    };
    CHECK(run("decode", text(place / "x.safetensors"), model, {}).exitCode == 3);    // no z
    CHECK(run("encode", text(place / "odd.safetensors"), model, {}).exitCode == 2);  // 9 rows
    CHECK(run("encode", text(place / "none.safetensors"), model, {}).exitCode == 3); // no such file
    CHECK(run("encode", text(place / "x.safetensors"), text(place / "x.safetensors"), {}).exitCode == 3); // no model
    CHECK(run("encode", text(place / "x.safetensors"), model, {"--chunks", "x"}).exitCode == 2);
    CHECK(run("encode", text(place / "x.safetensors"), model, {"--tile", "0x4"}).exitCode == 2);
    CHECK(run("encode", text(place / "x.safetensors"), model, {"--dtype", "int8"}).exitCode == 2);
    const CliResult inspect = place.run({"models", "inspect", text(place / "x.safetensors"), "--json"});
    CHECK(inspect.exitCode == 0);
    CHECK(inspect.last()["kind"] == "unknown");
    CHECK(place.run({"models", "inspect", text(place / "none"), "--json"}).exitCode == 3);
}
