#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "core/base/files.h"
#include "core/models/safetensors.h"
#include "tests/app/cli/cli_process.h"
#include "tests/support/sparse_checkpoint.h"

using namespace reelmend;
using namespace reelmend::test;

// Checkpoints of the published sizes without their weights: lists of tensors, and files of zeros that are holes.

namespace {

std::filesystem::path listed(const std::string& name)
{
    return sourceFolder() / "tests/fixtures/checkpoints" / (name + ".tensors.json");
}

} // namespace

TEST_CASE("models inspect and plan answer for the published autoencoders from a list of their tensors")
{
    const CliPlace place;
    for (const std::string name : {"wan2.1-vae", "wan2.1-vae-original", "cogvideox-vae", "cogvideox-vae-original"}) {
        CAPTURE(name);
        const bool isWan = name.starts_with("wan");
        const std::int64_t parameters = isWan ? 126'892'531 : 215'583'907;
        const CliResult inspected = place.run({"models", "inspect", text(listed(name)), "--json"});
        REQUIRE_MESSAGE(inspected.exitCode == 0, (inspected.err + inspected.out));
        const auto model = inspected.last();
        CHECK(model["problems"].empty());
        CHECK(model["kind"] == "autoencoder");
        CHECK(model["family"] == (isWan ? "wan2.1" : "cogvideox"));
        CHECK(model["names"] == (name.ends_with("original") ? "original" : "diffusers"));
        CHECK(model["tensors"] == (isWan ? 194 : 436));
        CHECK(model["parameters"] == parameters);
        CHECK(model["bytes"] == 4 * parameters);
        CHECK(model["footprint"]["decoder"]["cache_slots"] == (isWan ? 32 : 38));
    }
    const CliResult planned = place.run({"plan", "--model", text(listed("wan2.1-vae-original")), "--frames", "17,81",
        "--size", "832x480", "--mode", "chop", "--dtype", "float32", "--device", "cpu", "--json"});
    REQUIRE_MESSAGE(planned.exitCode == 0, (planned.err + planned.out));
    const auto predictions = planned.last()["predictions"];
    REQUIRE(predictions.size() == 2);
    // One group's graph at least: 4,189 elements an output position.
    CHECK(predictions[0]["peak_bytes"].get<double>() > 4189.0 * 4 * 832 * 480);
    CHECK(predictions[1]["peak_bytes"].get<double>() < 2 * predictions[0]["peak_bytes"].get<double>());
}

TEST_CASE("loading Wan2.1's 1.3B transformer takes no more than 1.1 times its size")
{
    const CliPlace place;
    const auto bytes =
        static_cast<double>(writeSparseCheckpoint(listed("wan2.1-t2v-1.3b"), place / "t2v.safetensors"));
    CHECK(bytes == 4 * 1'418'996'800.0);
    models::writeSafetensors(
        place / "in.safetensors", {{"hidden_states", at::zeros({1, 16, 1, 4, 4})}, {"timestep", at::full({1}, 500.0)},
                                      {"encoder_hidden_states", at::zeros({1, 512, 4096})}});
    const CliResult made = place.run(
        {"latent", "denoise", "--model", text(place / "t2v.safetensors"), "--in", text(place / "in.safetensors"),
            "--out", text(place / "out.safetensors"), "--device", "cpu", "--dtype", "float32", "--json"});
    REQUIRE_MESSAGE(made.exitCode == 0, (made.err + made.out));
    const double peak = made.last()["peak_bytes"];
    MESSAGE("peak memory " << peak / 1e9 << " GB for " << bytes / 1e9 << " GB of weights");
    CHECK(peak < 1.1 * bytes);
    CHECK(peak > bytes);
}

TEST_CASE("the 11 GB of UMT5-XXL are read layer by layer")
{
    const CliPlace place;
    const auto bytes = writeSparseCheckpoint(listed("umt5-xxl-original"), place / "umt5.safetensors");
    CHECK(bytes == 2 * 5'680'910'336ULL);
    base::writeFileAtomically(place / "tokens.json", "[5, 256383, 1]");
    const CliResult made =
        place.run({"prompt", "", "--model", text(place / "umt5.safetensors"), "--tokens", text(place / "tokens.json"),
            "-o", text(place / "p.safetensors"), "--device", "cpu", "--dtype", "bfloat16", "--json"});
    REQUIRE_MESSAGE(made.exitCode == 0, (made.err + made.out));
    const auto report = made.last();
    MESSAGE("peak memory " << report["peak_bytes"].get<double>() / 1e9 << " GB, " << report["seconds"].get<double>()
                           << " s");
    CHECK(report["shape"] == nlohmann::json::parse("[3, 4096]"));
    CHECK(report["encoder"] == "umt5/4096ch/24layers/256384tokens");
    CHECK(report["peak_bytes"].get<double>() < 1.2e9); // a layer has 0.39 GB, the program itself 0.3
}
