#include <doctest/doctest.h>

#include <set>

#include <nlohmann/json.hpp>

#include "core/jobs/finetune_presets.h"

using namespace reelmend;
using namespace reelmend::jobs;

TEST_CASE("every preset is valid as soon as it has data and a name for its result, and survives JSON")
{
    std::set<std::string> names;
    std::set<Task> paper, small;
    for (const FineTunePreset& preset : fineTunePresets()) {
        CHECK(names.insert(preset.name).second);
        CHECK_FALSE(preset.description.empty());
        FineTuneRequest request = preset.request;
        CHECK_FALSE(request.validate().empty()); // neither data nor output yet
        request.data = {"/clips"};
        request.output = "/taught.safetensors";
        CHECK(request.validate().empty());
        Problems problems;
        CHECK(fineTuneRequestFromJson(toJson(request), problems) == request);
        CHECK(problems.empty());
        (preset.name.starts_with("paper-") ? paper : small).insert(request.task);
    }
    CHECK(paper == std::set{Task::kUpscale, Task::kInpaint, Task::kRepair, Task::kHarmonise});
    CHECK(small.size() == 5);
    CHECK_FALSE(fineTunePreset("paper"));
}

TEST_CASE("a request may begin with a preset and change what it likes")
{
    Problems problems;
    const FineTuneRequest request = fineTuneRequestFromJson(
        {{"preset", "paper-repair"}, {"data", "/clips"}, {"output", "/t.safetensors"}, {"frames", 9}}, problems);
    CHECK(problems.empty());
    CHECK(request.task == Task::kRepair);
    CHECK(request.steps == 880);
    CHECK(request.frames == 9);
    CHECK(request.gridRows == 2);
    fineTuneRequestFromJson({{"preset", "none such"}, {"data", "/c"}, {"output", "/t.safetensors"}}, problems);
    REQUIRE(hasProblem(problems, "preset"));
}

TEST_CASE("an adapter's fields are told apart by name")
{
    Problems problems;
    const FineTuneRequest request = fineTuneRequestFromJson(
        {{"data", "/c"}, {"output", "/t.safetensors"}, {"adapter", {{"rank", 8}, {"modules", "attn"}}}}, problems);
    CHECK(problems.empty());
    REQUIRE(request.adapter);
    CHECK(request.adapter->alpha == 8); // the rank, unless it is said
    CHECK(request.adapter->modules == std::vector<std::string>{"attn"});
    fineTuneRequestFromJson(
        {{"data", "/c"}, {"output", "/t.safetensors"}, {"adapter", {{"rank", 0}, {"names", "other"}, {"colour", 1}}}},
        problems);
    for (const char* field : {"adapter.rank", "adapter.names", "adapter.colour"}) {
        CHECK(hasProblem(problems, field));
    }
    problems.clear();
    fineTuneRequestFromJson(
        {{"data", "/c"}, {"output", "/t.safetensors"}, {"adapter", 3}, {"gridRows", 2}, {"optimizer", "sgd"}},
        problems);
    for (const char* field : {"adapter", "gridRows", "optimizer"}) {
        CHECK(hasProblem(problems, field));
    }
}
