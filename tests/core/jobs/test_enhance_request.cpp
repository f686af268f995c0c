#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include <nlohmann/json.hpp>

#include "core/jobs/enhance_request.h"
#include "core/jobs/json_text.h"

using namespace reelmend::jobs;
using nlohmann::json;

namespace {

EnhanceRequest fullRequest()
{
    EnhanceRequest request;
    request.input = "/clips/in 日本語 é.mp4";
    request.output = "/clips/out.mkv";
    request.task = Task::kInpaint;
    request.scale = 4;
    request.mask = "/clips/mask.png";
    request.range = {{10, 20}};
    request.strength = 0.25;
    request.adapters = {{"/loras/a é.safetensors", 0.5}, {"/loras/b.safetensors", -1}};
    request.steps = 20;
    request.guidance = 6.5;
    request.references = {"/pictures/a é.png", "/pictures/b.png"};
    request.deinterlace = true;
    request.quality = Quality::kLossless;
    request.codec = Codec::kFfv1;
    request.overwrite = true;
    request.seed = 18446744073709551615u;
    request.device = "cuda:1";
    return request;
}

Problems problemsOf(json changed)
{
    json value = toJson(fullRequest());
    value.update(changed);
    Problems problems;
    enhanceRequestFromJson(value, problems);
    return problems;
}

bool isOnly(const Problems& problems, const char* field)
{
    return problems.size() == 1 && problems[0].field == field && !problems[0].reason.empty();
}

json randomValue(std::mt19937& random, int depth)
{
    static const std::vector<json> kLeaves{nullptr, true, false, 0, -1, 2, 4, 1e308, -1e308, 0.5, 1e18, -0.0,
        18446744073709551615u, std::numeric_limits<std::int64_t>::min(), "", "cpu", "upscale", "cuda:-1",
        "cuda:99999999999999999999", std::string(5000, 'x'), std::string("zero\0byte", 9), "日本語", "../../etc"};
    const auto pick = random() % (depth > 0 ? 10 : 8);
    if (pick == 8) {
        json list = json::array();
        for (unsigned i = 0, n = random() % 4; i < n; ++i) {
            list.push_back(randomValue(random, depth - 1));
        }
        return list;
    }
    if (pick == 9) {
        json object = json::object();
        for (unsigned i = 0, n = random() % 4; i < n; ++i) {
            object["key" + std::to_string(random() % 5)] = randomValue(random, depth - 1);
        }
        return object;
    }
    return kLeaves[random() % kLeaves.size()];
}

} // namespace

TEST_CASE("a request survives JSON")
{
    const EnhanceRequest request = fullRequest();
    Problems problems;
    const auto parsed = parseJson(compactText(toJson(request)));
    REQUIRE(parsed);
    CHECK(enhanceRequestFromJson(*parsed, problems) == request);
    CHECK(problems.empty());

    EnhanceRequest plain;
    plain.input = "a.mp4";
    plain.output = "b.mp4";
    CHECK(enhanceRequestFromJson(toJson(plain), problems) == plain);
    CHECK(problems.empty());
}

TEST_CASE("only input, output and task are needed")
{
    Problems problems;
    const EnhanceRequest request =
        enhanceRequestFromJson({{"input", "a.mp4"}, {"output", "b.mp4"}, {"task", "restore"}}, problems);
    CHECK(problems.empty());
    CHECK(request.task == Task::kRestore);
    CHECK(request.scale == EnhanceRequest().scale);
}

TEST_CASE("each wrong field is named with a reason, once")
{
    CHECK(isOnly(problemsOf({{"input", 5}}), "input"));
    CHECK(isOnly(problemsOf({{"input", ""}}), "input"));
    CHECK(isOnly(problemsOf({{"input", std::string("a\0b", 3)}}), "input"));
    CHECK(isOnly(problemsOf({{"output", ""}}), "output"));
    CHECK(isOnly(problemsOf({{"output", toJson(fullRequest())["input"]}}), "output"));
    CHECK(isOnly(problemsOf({{"output", std::string(9000, 'a')}}), "output"));
    CHECK(isOnly(problemsOf({{"task", "sharpen"}}), "task"));
    CHECK(isOnly(problemsOf({{"task", json::array()}}), "task"));
    CHECK(isOnly(problemsOf({{"model", "../evil"}}), "model"));
    CHECK(isOnly(problemsOf({{"model", nullptr}}), "model"));
    CHECK(problemsOf({{"model", "/models/wan"}, {"promptEmbedding", "/models/prompt.safetensors"}}).empty());
    CHECK(isOnly(problemsOf({{"promptEmbedding", 3}}), "promptEmbedding"));
    CHECK(isOnly(problemsOf({{"steps", 0}}), "steps"));
    CHECK(isOnly(problemsOf({{"steps", 2.5}}), "steps"));
    CHECK(isOnly(problemsOf({{"guidance", 31}}), "guidance"));
    CHECK(isOnly(problemsOf({{"guidance", "5"}}), "guidance"));
    CHECK(isOnly(problemsOf({{"references", "a.png"}}), "references"));
    CHECK(isOnly(problemsOf({{"references", json::array({"a.png", 3})}}), "references"));
    CHECK(isOnly(problemsOf({{"references", std::vector<std::string>(17, "a.png")}}), "references"));
    CHECK(isOnly(problemsOf({{"adapters", "a.safetensors"}}), "adapters"));
    CHECK(isOnly(problemsOf({{"adapters", {3}}}), "adapters"));
    CHECK(isOnly(problemsOf({{"adapters", {{{"path", "a.pt"}}}}}), "adapters"));
    CHECK(isOnly(problemsOf({{"adapters", {{{"path", "a.safetensors"}, {"strength", 11}}}}}), "adapters"));
    CHECK(isOnly(problemsOf({{"adapters", {{{"path", "a.safetensors"}, {"weight", 1}}}}}), "adapters.weight"));
    CHECK(isOnly(problemsOf({{"scale", 3}}), "scale"));
    CHECK(isOnly(problemsOf({{"scale", 1e300}}), "scale"));
    CHECK(isOnly(problemsOf({{"scale", "2"}}), "scale"));
    CHECK(isOnly(problemsOf({{"mask", ""}}), "mask"));
    CHECK(isOnly(problemsOf({{"range", {5}}}), "range"));
    CHECK(isOnly(problemsOf({{"range", {5, 5}}}), "range"));
    CHECK(isOnly(problemsOf({{"range", {-1, 5}}}), "range"));
    CHECK(isOnly(problemsOf({{"range", {0, 1e15}}}), "range"));
    CHECK(isOnly(problemsOf({{"range", {0, 1.5}}}), "range"));
    CHECK(isOnly(problemsOf({{"range", "0:5"}}), "range"));
    CHECK(isOnly(problemsOf({{"strength", 1.01}}), "strength"));
    CHECK(isOnly(problemsOf({{"strength", -1e300}}), "strength"));
    CHECK(isOnly(problemsOf({{"strength", "full"}}), "strength"));
    CHECK(isOnly(problemsOf({{"quality", "ultra"}}), "quality"));
    CHECK(isOnly(problemsOf({{"deinterlace", "yes"}}), "deinterlace"));
    CHECK(isOnly(problemsOf({{"codec", "h266"}}), "codec"));
    CHECK(isOnly(problemsOf({{"overwrite", 1}}), "overwrite"));
    CHECK(isOnly(problemsOf({{"seed", -1}}), "seed"));
    CHECK(isOnly(problemsOf({{"seed", 0.5}}), "seed"));
    CHECK(isOnly(problemsOf({{"device", "tpu"}}), "device"));
    CHECK(isOnly(problemsOf({{"device", "cuda:"}}), "device"));
    CHECK(isOnly(problemsOf({{"device", "cuda:1x"}}), "device"));
    CHECK(isOnly(problemsOf({{"purpose", "result "}}), "purpose"));
    CHECK(isOnly(problemsOf({{"sharpness", 1}}), "sharpness"));
    CHECK(isOnly(problemsOf({{"purpose", "preview"}}), "range")); // ten frames
    CHECK(problemsOf({{"purpose", "preview"}, {"range", {3, 4}}, {"output", ""}}).empty());
    CHECK(problemsOf({{"strength", std::numeric_limits<double>::quiet_NaN()}}).size() == 1);
}

TEST_CASE("all problems are listed together")
{
    const Problems problems = problemsOf({{"scale", 9}, {"seed", "x"}, {"colour", "red"}, {"strength", 7}});
    CHECK(problems.size() == 4);
    for (const char* field : {"scale", "seed", "colour", "strength"}) {
        CHECK_MESSAGE(hasProblem(problems, field), field);
    }
    const RequestError error(problems);
    CHECK(error.kind() == reelmend::base::ErrorKind::kUsage);
    CHECK(error.why().find("colour") != std::string::npos);
}

TEST_CASE("a flood of unknown fields gives a short list")
{
    json value = toJson(fullRequest());
    for (int i = 0; i < 10'000; ++i) {
        value[std::string(200, 'k') + std::to_string(i)] = i;
    }
    Problems problems;
    enhanceRequestFromJson(value, problems);
    CHECK(problems.size() < 30);
    for (const Problem& problem : problems) {
        CHECK(problem.field.size() < 80);
    }
}

TEST_CASE("what is no object is one problem")
{
    for (const json& value : {json(), json(5), json("text"), json::array({1, 2})}) {
        Problems problems;
        enhanceRequestFromJson(value, problems);
        CHECK(isOnly(problems, "request"));
    }
}

TEST_CASE("random mutations never crash, and what passes without a problem is valid and survives JSON")
{
    std::mt19937 random(20261121);
    const json original = toJson(fullRequest());
    std::vector<std::string> names;
    for (const auto& [name, value] : original.items()) {
        names.push_back(name);
    }
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        json value = original;
        for (unsigned i = 0, n = 1 + random() % 3; i < n; ++i) {
            switch (random() % 8) {
            case 0:
                value.erase(names[random() % names.size()]);
                break;
            case 1:
                value["field" + std::to_string(random() % 9)] = randomValue(random, 3);
                break;
            default:
                value[names[random() % names.size()]] = randomValue(random, 3);
            }
        }
        Problems problems;
        const EnhanceRequest request = enhanceRequestFromJson(value, problems);
        for (const Problem& problem : problems) {
            REQUIRE(!problem.field.empty());
            REQUIRE(!problem.reason.empty());
        }
        if (problems.empty()) {
            ++accepted;
            REQUIRE(request.validate().empty());
            Problems again;
            REQUIRE(enhanceRequestFromJson(toJson(request), again) == request);
            REQUIRE(again.empty());
        }
    }
    CHECK(accepted > 100); // the mutations are not all fatal, so the second half was exercised
}

TEST_CASE("random damage to the text is refused or read, never fatal")
{
    std::mt19937 random(7);
    const std::string original = compactText(toJson(fullRequest()));
    for (int round = 0; round < 20'000; ++round) {
        std::string text = original;
        for (unsigned i = 0, n = 1 + random() % 4; i < n; ++i) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
            case 0:
                text[at] = static_cast<char>(random() % 256);
                break;
            case 1:
                text.erase(at, 1 + random() % 5);
                break;
            default:
                text.insert(at, 1, "{}[],:\"0-e."[random() % 11]);
            }
            if (text.empty()) {
                break;
            }
        }
        if (const auto value = parseJson(text)) {
            Problems problems;
            enhanceRequestFromJson(*value, problems);
        }
    }
    CHECK(true); // arriving here is the point
}
