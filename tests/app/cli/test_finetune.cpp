#include <doctest/doctest.h>

#include <csignal>
#include <set>

#include "core/base/files.h"
#include "core/jobs/job_folder.h"
#include "core/models/lite_file.h"
#include "core/models/lora_file.h"
#include "tests/app/cli/cli_process.h"
#include "tests/core/train/tiny_student.h"

#undef CHECK // LibTorch's logging has a macro of that name, which ends the program
#define CHECK(...) DOCTEST_CHECK(__VA_ARGS__)

using namespace reelmend;
using namespace reelmend::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

// A tiny network, tiny packed footage, and the words to teach the one with the other.
struct School {
    CliPlace place;
    fs::path start = place / "start.safetensors", footage = place / "footage.safetensors",
             result = place / "taught 日本語.safetensors";

    School()
    {
        models::LiteWeights weights = tinyLite();
        models::saveLite(start, weights, at::kFloat);
        writeTinyPack(footage);
    }

    std::vector<std::string> words(const std::vector<std::string>& more = {}) const
    {
        std::vector<std::string> all{"finetune", "--task", "upscale", "--data", text(footage), "--model", text(start),
            "-o", text(result), "--steps", "10", "--frames", "5", "--size", "32", "--clips", "1", "--accumulation",
            "1", "--rate", "1e-3", "--perceptual", "0", "--validate-every", "2", "--overwrite", "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    // Folders of jobs that are new since the last call.
    fs::path newJob()
    {
        for (const jobs::JobFolder& job : jobs::JobFolder::list(place.jobs())) {
            if (seen.insert(job.id()).second) {
                return job.path();
            }
        }
        return {};
    }

    std::set<std::string> seen;
};

bool isEvent(const json& event, const char* type, std::int64_t step)
{
    return event.value("type", "") == type && event.value("step", -1) == step;
}

} // namespace

TEST_CASE("a training that was killed at any moment goes on to the same bytes")
{
    School school;
    REQUIRE(school.place.run(school.words()).exitCode == 0);
    const std::string weights = base::readFile(school.result);
    const std::string checkpoint = base::readFile(school.newJob() / "checkpoint.safetensors");
    // Before there is a checkpoint, while one is being written, and between two.
    const std::pair<const char*, std::int64_t> moments[] = {{"step", 1}, {"validation", 4}, {"step", 5}, {"step", 9}};
    for (const auto& [type, step] : moments) {
        CliProcess process(school.place, school.words());
        process.receiveUntil([type = type, step = step](const json& event) { return isEvent(event, type, step); });
        process.signal(SIGKILL);
        REQUIRE(process.wait());
        const fs::path job = school.newJob();
        REQUIRE_FALSE(job.empty());
        const CliResult resumed = school.place.run({"run", text(job), "--json"});
        CHECK(resumed.exitCode == 0);
        CHECK(base::readFile(school.result) == weights);
        CHECK(base::readFile(job / "checkpoint.safetensors") == checkpoint);
    }
}

TEST_CASE("a training with an adapter leaves the whole weights and the adapter, under the asked names")
{
    School school;
    const CliResult run = school.place.run(school.words(
        {"--lora-rank", "4", "--lora-names", "kohya", "--lora-no-decoder", "--optimizer", "adamw8", "--recompute"}));
    REQUIRE(run.exitCode == 0);
    models::LiteWeights base = tinyLite();
    const auto visit = [&](const models::ParameterVisitor& v) { base.visit(v); };
    const models::LoraFile file = models::readLora(school.place / "taught 日本語.lora.safetensors", visit);
    CHECK(file.dialect == models::LoraDialect::kKohya);
    for (const models::LoraPair& pair : file.lora.pairs) {
        CHECK(pair.module.find("decoder") == std::string::npos);
    }
    // The weights are the base with the adapter merged, to bfloat16's eight bits.
    models::mergeLora(visit, file.lora);
    const models::LiteWeights taught = models::loadLite(school.result);
    const double scale = base.stem.weight.abs().max().item<double>();
    CHECK((taught.stem.weight - base.stem.weight).abs().max().item<double>() < 0.005 * scale);
}

TEST_CASE("validations come with scores, pictures and a sheet; steps with phases")
{
    School school;
    const CliResult run = school.place.run(school.words());
    REQUIRE(run.exitCode == 0);
    const fs::path job = school.newJob();
    int steps = 0, validations = 0, best = 0;
    for (const json& event : run.lines()) {
        if (event.value("type", "") == "step") {
            ++steps;
            CHECK(event.at("phases").size() == 4);
            CHECK(event.at("gradientNorms").size() == 3);
        } else if (event.value("type", "") == "validation") {
            ++validations;
            best += event.at("best").get<bool>() ? 1 : 0;
            for (const char* score : {"psnr", "ssim", "gmsd", "flicker", "psnrBefore", "ssimBefore"}) {
                CHECK(event.contains(score));
            }
            CHECK(fs::exists(job / event.at("pictures").get<std::string>() / "sheet.png"));
        }
    }
    CHECK(steps == 10);
    CHECK(validations == 6);
    CHECK(best >= 1);
    const fs::path last = job / "previews/step-00000010";
    for (const char* name : {"00-given", "00-result", "00-target", "00-difference", "00-slice"}) {
        CHECK(fs::exists(last / (std::string(name) + ".png")));
    }
    CHECK_FALSE(fs::exists(job / "previews/step-00000008/00-given.png")); // of earlier steps the sheets alone
    CHECK(fs::exists(job / "checkpoints/step-00000010.safetensors"));
    CHECK(fs::exists(job / "checkpoints/best.safetensors"));
}

TEST_CASE("a budget that is too small is refused before the job, with what fits; presets can be listed and tried")
{
    School school;
    const CliResult run = school.place.run(school.words({"--memory", "1000"}));
    CHECK(run.exitCode == 2);
    CHECK((run.out + run.err).find("is needed") != std::string::npos);
    CHECK(school.place.jobCount() == 0);
    const CliResult presets = school.place.run({"finetune", "--list-presets", "--json"});
    CHECK(presets.exitCode == 0);
    CHECK(presets.lines().size() == 9);
    CHECK(school.place.run({"finetune", "--preset", "none"}).exitCode == 2);
}
