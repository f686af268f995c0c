#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/models/safetensors.h"
#include "tests/app/cli/cli_process.h"

using namespace reelmend;
using namespace reelmend::test;

namespace {

std::string tinyModel()
{
    return text(sourceFolder() / "tests/fixtures/models/wan_tiny/diffusion_pytorch_model.safetensors");
}

CliResult measure(const CliPlace& place, const std::string& kind, std::vector<std::string> more)
{
    std::vector<std::string> arguments = {
        "measure", kind, "--model", tinyModel(), "--device", "cpu", "--threads", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return place.run(arguments);
}

at::Tensor gradientIn(const std::filesystem::path& path)
{
    const models::SafetensorsFile file(path);
    REQUIRE(file.find("gradient"));
    return file.read(*file.find("gradient"), {});
}

std::string contents(const std::filesystem::path& path)
{
    std::ifstream file(path);
    std::ostringstream all;
    all << file.rdbuf();
    return all.str();
}

} // namespace

TEST_CASE("measure gradient writes the same gradient whatever the mode, and chop's where it is asked for")
{
    const CliPlace place;
    at::manual_seed(1);
    models::writeSafetensors(place / "in.safetensors",
        {{"z", at::randn({1, 4, 3, 2, 3}, at::kDouble)}, {"target", at::rand({1, 3, 9, 16, 24}, at::kDouble)}});
    const auto gradient = [&](std::vector<std::string> how) {
        how.insert(how.end(), {"--in", text(place / "in.safetensors"), "--out", text(place / "out.safetensors"),
                                  "--loss", "mse", "--dtype", "float64", "--json"});
        const CliResult result = measure(place, "gradient", how);
        CAPTURE(result.err);
        REQUIRE(result.exitCode == 0);
        CHECK(result.last()["loss"].get<double>() > 0);
        return gradientIn(place / "out.safetensors");
    };
    const at::Tensor exact = gradient({"--mode", "exact", "--store", "disk"});
    CHECK((exact.scalar_type() == at::kDouble));
    CHECK((exact.sizes() == at::IntArrayRef({1, 4, 3, 2, 3})));
    const auto apart = [&](const at::Tensor& other) {
        return ((other - exact).norm() / exact.norm()).item<double>();
    };
    CHECK(apart(gradient({"--mode", "full", "--ops", "stock"})) < 1e-12);
    CHECK(apart(gradient({"--mode", "checkpoint"})) < 1e-12);
    CHECK(apart(gradient({"--mode", "chop", "--distance", "7"})) < 1e-12);
    CHECK(apart(gradient({"--mode", "chop", "--distance", "0"})) > 1e-3);
    CHECK(place.files() == std::vector<std::string>{"in.safetensors", "out.safetensors"});
}

TEST_CASE("measure memory tells every case, as JSON and as CSV, and draws them")
{
    const CliPlace place;
    const std::vector<std::string> what = {"--frames", "5,9", "--size", "16x16", "--mode", "chop,full", "--distance",
        "0,1", "--ops", "lean", "--repeat", "2"};
    auto arguments = what;
    arguments.insert(arguments.end(), {"--json", "--predict", "--chart", text(place / "memory.svg")});
    const CliResult json = measure(place, "memory", arguments);
    CAPTURE(json.err);
    REQUIRE(json.exitCode == 0);
    const auto lines = json.lines();
    REQUIRE(lines.size() == 7);
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(lines[i]["seconds"]["minimum"] <= lines[i]["seconds"]["maximum"]);
        CHECK(lines[i]["tensor_peak_bytes"]["median"].get<double>() > 0);
        CHECK(lines[i]["predicted_bytes"].get<double>() > 0);
    }
    CHECK(lines.back()["cases"] == 6);
    CHECK(contents(place / "memory.svg").find("</svg>") != std::string::npos);

    arguments = what;
    arguments.push_back("--csv");
    const CliResult csv = measure(place, "memory", arguments);
    REQUIRE(csv.exitCode == 0);
    const auto rows = std::count(csv.out.begin(), csv.out.end(), '\n');
    CHECK(rows == 7);
    std::istringstream text(csv.out);
    std::string first, second;
    std::getline(text, first);
    std::getline(text, second);
    CHECK(first.find("tensor_peak_bytes.median") != std::string::npos);
    CHECK(std::count(first.begin(), first.end(), ',') <= std::count(second.begin(), second.end(), ','));
}

TEST_CASE("measure influence, gradient and locality tell a line for every distance")
{
    const CliPlace place;
    const CliResult influence = measure(place, "influence", {"--frames", "17", "--size", "16x16", "--json"});
    CAPTURE(influence.err);
    REQUIRE(influence.exitCode == 0);
    REQUIRE(influence.lines().size() == 6);
    CHECK(influence.lines()[0]["influence"].get<double>() == doctest::Approx(1));
    CHECK(influence.last()["fit"].contains("alpha"));
    const CliResult errors = measure(place, "gradient",
        {"--frames", "17", "--size", "16x16", "--distance", "0,1,4", "--wrt", "decoder", "--json"});
    REQUIRE(errors.exitCode == 0);
    REQUIRE(errors.lines().size() == 7);
    CHECK(errors.lines()[2]["relative_error"].get<double>() < 1e-5);
    CHECK(errors.lines()[2]["cosine"].get<double>() == doctest::Approx(1));
    CHECK(errors.lines()[3]["wrt"] == "decoder");
    const CliResult locality =
        measure(place, "locality", {"--frames", "5", "--size", "40x24", "--mode", "exact", "--json"});
    REQUIRE(locality.exitCode == 0);
    CHECK(locality.lines()[2]["share"].get<double>() == doctest::Approx(1));
}

TEST_CASE("lite is measured through its encoder's features, and a denoiser's weights through the whole step")
{
    const CliPlace place;
    const std::string lite = text(sourceFolder() / "resources/models/lite.safetensors");
    const auto run = [&](const std::string& kind, std::vector<std::string> more) {
        std::vector<std::string> arguments = {"measure", kind, "--model", lite, "--device", "cpu", "--threads", "1",
            "--size", "32x32", "--frames", "13", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const CliResult result = place.run(arguments);
        CAPTURE(result.err);
        CAPTURE(result.out);
        REQUIRE(result.exitCode == 0);
        return result.lines();
    };
    const auto memory = run("memory", {"--mode", "chop,exact", "--wrt", "denoiser", "--predict"});
    REQUIRE(memory.size() == 3);
    CHECK(memory[0]["wrt"] == "denoiser");
    for (const char* phase : {"denoise", "sweep", "denoise-gradient"}) {
        CHECK(memory[0]["phases"][phase]["tensor_peak_bytes"].get<double>() > 0);
    }
    CHECK(memory[0]["gradient_norm"].get<double>() > 0);
    const auto errors = run("gradient", {"--distance", "0,3", "--wrt", "denoiser"});
    REQUIRE(errors.size() == 5);
    CHECK(errors[2]["wrt"] == "denoiser");
    CHECK(errors[2]["relative_error"].get<double>() > errors[3]["relative_error"].get<double>());
    const auto influence = run("influence", {});
    REQUIRE(influence.size() == 5);
    CHECK(influence[0]["influence"].get<double>() == doctest::Approx(1));
    CHECK(influence[1]["influence"].get<double>() > 0);

    run("gradient", {"--wrt", "denoiser", "--mode", "exact", "--out", text(place / "denoiser.safetensors")});
    const models::SafetensorsFile weights(place / "denoiser.safetensors");
    CHECK(weights.find("latents"));
    CHECK(weights.header().tensors.size() > 5);
    CHECK(place.run({"measure", "influence", "--model", lite, "--wrt", "denoiser"}).exitCode == 2);
}

TEST_CASE("plan measures a kind of model once")
{
    const CliPlace place;
    const auto plan = [&] {
        return place.run({"plan", "--model", tinyModel(), "--frames", "17", "--size", "64x64", "--threads", "1"});
    };
    const CliResult first = plan();
    REQUIRE_MESSAGE(first.exitCode == 0, first.err);
    CHECK(first.err.find("Measuring") != std::string::npos);
    const CliResult second = plan();
    CHECK(second.exitCode == 0);
    CHECK(second.err.find("Measuring") == std::string::npos);
    CHECK(second.out == first.out);
    CHECK(first.out.find("filled up") == std::string::npos);
    const CliResult odd =
        place.run({"plan", "--model", tinyModel(), "--frames", "18", "--size", "64x60", "--threads", "1"});
    CHECK(odd.out.starts_with("18 frames of 64x60 (filled up to 21 of 64x64), "));
}

TEST_CASE("plan predicts, lists what fits, and says what would fit where nothing does")
{
    const CliPlace place;
    const auto plan = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments = {"plan", "--costs", text(place / "costs.json"), "--frames", "81",
            "--size", "832x480", "--mode", "chop", "--distance", "1", "--threads", "1", "--device", "cpu", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return place.run(arguments);
    };
    CHECK(plan({}).exitCode == 2); // neither model nor costs
    const CliResult first = plan({"--model", tinyModel()});
    CAPTURE(first.err);
    REQUIRE(first.exitCode == 0);
    const double peak = first.last()["predictions"][0]["peak_bytes"];
    CHECK(peak > 1e6);
    const CliResult again = plan({"--budget", "100GB"}); // from the file
    REQUIRE(again.exitCode == 0);
    CHECK(again.last()["predictions"][0]["peak_bytes"] == peak);
    CHECK(again.last()["predictions"][0]["fits"] == true);
    CHECK(again.last()["fitting"][0]["exact"] == true);
    const CliResult nothing = plan({"--budget", "40MB"});
    CHECK(nothing.exitCode == 6);
    CHECK(nothing.last()["error"]["why"].get<std::string>().find("more") != std::string::npos);
    CHECK(nothing.last()["error"]["hint"].get<std::string>().find("would fit") != std::string::npos);
    CHECK(plan({"--budget", "3XB"}).exitCode == 2);
}

TEST_CASE("measurements that cannot be made are refused before any work, in words")
{
    const CliPlace place;
    const auto code = [&](const std::string& kind, std::vector<std::string> more, const std::string& says) {
        more.push_back("--json");
        const CliResult result = measure(place, kind, more);
        const auto error = result.last()["error"];
        INFO(result.out);
        REQUIRE(error.is_object());
        const std::string all =
            error["what"].get<std::string>() + error["why"].get<std::string>() + error["hint"].get<std::string>();
        CHECK(all.find(says) != std::string::npos);
        return result.exitCode;
    };
    CHECK(code("memory", {"--size", "33x16"}, "Choose 32x16") == 2);
    CHECK(code("memory", {"--frames", "10"}, "9 or 13 frames") == 2);
    CHECK(code("memory", {"--mode", "quick"}, "latent-only, chop") == 2);
    CHECK(code("memory", {"--distance", "-1"}, "at least 0") == 2);
    CHECK(code("memory", {"--ops", "fast"}, "lean or stock") == 2);
    CHECK(code("memory", {"--wrt", "denoiser"}, "no denoiser") == 7);
    CHECK(code("memory", {"--csv"}, "exclude") == 2);
    CHECK(code("memory", {"--mode", "exact", "--tiles", "9x9", "--size", "32x16"}, "at most 2x4") == 2);
    CHECK(code("gradient", {"--mode", "chop,exact", "--out", text(place / "o")}, "One gradient") == 2);
    CHECK(code("gradient", {"--in", text(place / "none"), "--out", text(place / "o")}, "cannot be opened") == 3);
    CHECK(code("gradient", {"--loss", "nothing"}, "not a loss") == 2);
    CHECK(code("influence", {"--frames", "1"}, "longer clip") == 2);
    models::writeSafetensors(
        place / "nan.safetensors", {{"z", at::zeros({1, 4, 3, 2, 3})}, {"target", at::full({1, 3, 9, 16, 24}, NAN)}});
    CHECK(code("gradient", {"--in", text(place / "nan.safetensors"), "--out", text(place / "o"), "--loss", "l1"},
              "group 0, frame 0, loss term \"l1\"") == 1);
    CHECK_FALSE(std::filesystem::exists(place / "o"));
}

TEST_CASE("CogVideoX's autoencoder is measured and planned from its folder, in every schedule")
{
    const CliPlace place;
    const std::string folder = text(sourceFolder() / "tests/fixtures/models/cogvideox_vae_tiny");
    const auto run = [&](const std::string& kind, std::vector<std::string> more) {
        std::vector<std::string> arguments = {
            "measure", kind, "--model", folder, "--device", "cpu", "--threads", "1", "--size", "16x16", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const CliResult result = place.run(arguments);
        CAPTURE(result.err);
        REQUIRE(result.exitCode == 0);
        return result.lines();
    };
    // 17 frames are 5 latents in 2 groups of 3 and 2: D = 1 reaches all of the clip.
    const auto rows = run("memory",
        {"--frames", "17", "--mode", "latent-only,chop,exact,full,checkpoint", "--distance", "1", "--form",
            "sliding,recomputing,delayed", "--store", "device,host,disk", "--ops", "lean,stock", "--predict"});
    REQUIRE(rows.size() == 2 * (1 + 5 + 3 + 2) + 1); // both sets of operators, and the result
    const double norm = rows[1]["gradient_norm"];
    CHECK(norm > 0);
    for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
        INFO(rows[i].dump());
        CHECK(rows[i]["groups"] == 2);
        if (rows[i]["mode"] != "latent-only") {
            CHECK(rows[i]["gradient_norm"].get<double>() == doctest::Approx(norm).epsilon(1e-4));
            CHECK(rows[i]["predicted_bytes"].get<double>() > 0);
        }
    }
    const auto stills = run("memory", {"--frames", "5", "--mode", "framewise"});
    CHECK(stills[0]["groups"] == 5);
    const auto errors = run("gradient", {"--frames", "25", "--distance", "0,2", "--wrt", "decoder"});
    REQUIRE(errors.size() == 5);
    CHECK(errors[0]["relative_error"].get<double>() > 1e-3);
    CHECK(errors[1]["relative_error"].get<double>() < 1e-4);
    CHECK(errors[3]["relative_error"].get<double>() < 1e-4); // of the weights
    const auto influence = run("influence", {"--frames", "33"});
    REQUIRE(influence.size() == 5); // four groups, and the fit
    CHECK(influence[1]["influence"].get<double>() > influence[3]["influence"].get<double>());
    const auto locality = run("locality", {"--frames", "9", "--mode", "exact"});
    CHECK(locality[locality.size() - 2]["share"].get<double>() == doctest::Approx(1));

    const CliResult planned = place.run({"plan", "--model", folder, "--device", "cpu", "--dtype", "float32", "--size",
        "64x64", "--frames", "48,49", "--mode", "chop,full", "--json"});
    CAPTURE(planned.err);
    REQUIRE(planned.exitCode == 0);
    const auto predictions = planned.last()["predictions"];
    REQUIRE(predictions.size() == 4);
    CHECK(predictions[0]["backwards"] == predictions[1]["backwards"]); // six groups either way
    CHECK(predictions[0]["peak_bytes"].get<double>() < predictions[1]["peak_bytes"].get<double>());
}
