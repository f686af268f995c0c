#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <string>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/catalogue.h"
#include "core/models/safetensors.h"
#include "core/models/tensor_list.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

std::filesystem::path listed(const std::string& name)
{
    return test::sourceFolder() / "tests/fixtures/checkpoints" / (name + ".tensors.json");
}

} // namespace

TEST_CASE("a list stands for its tensors, ranges written out")
{
    const auto header = parseTensorList(
        R"({"a.{2:4}.w": {"dtype": "BF16", "shape": [2, 3]}, "b": {"shape": [], "dtype": "F32"}})", "x");
    REQUIRE(header.tensors.size() == 3);
    CHECK(header.tensors[0].name == "a.2.w");
    CHECK(header.tensors[1].name == "a.3.w");
    CHECK(header.tensors[1].begin == 12);
    CHECK(header.tensors[1].bytes() == 12);
    CHECK(header.tensors[2].shape.empty());
    CHECK(header.tensors[2].end == 28);
}

TEST_CASE("lists that cannot be are refused, and the entry is named")
{
    const auto why = [](const std::string& json) {
        try {
            parseTensorList(json, "x.tensors.json");
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::ErrorKind::kInput);
            CHECK(error.message().find("x.tensors.json") != std::string::npos);
            return error.why();
        }
        return std::string("accepted");
    };
    const auto entry = [](const std::string& name, const std::string& value) {
        return "{\"" + name + "\": " + value + "}";
    };
    const std::string good = R"({"dtype": "F32", "shape": [2]})";
    CHECK(why(entry("a", good)) == "accepted");
    CHECK(why("[]").find("not a JSON object") != std::string::npos);
    CHECK(why("{").find("byte") != std::string::npos);
    CHECK(why(entry("a", "3")).find("\"a\"") != std::string::npos);
    CHECK(why(entry("a", R"({"dtype": "F32"})")).find("lacks") != std::string::npos);
    CHECK(why(entry("a", R"({"dtype": "F33", "shape": [2]})")).find("F33") != std::string::npos);
    CHECK(why(entry("a", R"({"dtype": "F32", "shape": [-2]})")) != "accepted");
    CHECK(why(entry("a", R"({"dtype": "F32", "shape": [2.5]})")) != "accepted");
    CHECK(why(entry("a", R"({"dtype": "F32", "shape": [[2]]})")) != "accepted");
    CHECK(why(entry("a", R"({"dtype": "F32", "shape": [2], "data_offsets": [0, 8]})")) != "accepted");
    CHECK(why(entry("a", R"({"dtype": "F4", "shape": [3]})")).find("whole bytes") != std::string::npos);
    CHECK(
        why(entry("a", R"({"dtype": "F32", "shape": [4294967296, 4294967296]})")).find("large") != std::string::npos);
    for (const char* name : {"a{1:1}", "a{2:1}", "a{1}", "a{:2}", "a{0:2", "a{0:2}{0:2}", "a{0:1000000}"}) {
        CHECK(why(entry(name, good)).find("range") != std::string::npos);
    }
    CHECK(
        why(R"({"a.{0:2}": {"dtype": "F32", "shape": [2]}, "a.1": {"dtype": "F32", "shape": [2]}})").find("twice") !=
        std::string::npos);
}

TEST_CASE("a listed checkpoint can be looked at and not read")
{
    const WeightStore store = WeightStore::open(listed("umt5-xxl"));
    CHECK(store.isList());
    CHECK(store.places().size() == 242);
    CHECK_THROWS_WITH_AS(store.read("shared.weight", {}), doctest::Contains("without their numbers"), base::Error);
    CHECK_THROWS_AS(loadAutoencoder(listed("wan2.1-vae"), {}), base::Error);
}

TEST_CASE("public checkpoints are told from names and shapes alone")
{
    struct Expected {
        const char *name, *kind, *names;
        std::int64_t tensors, parameters;
    };
    // Counts as published; the autoencoders' costs are measured, which a slow test does.
    for (const Expected& expected :
        std::initializer_list<Expected>{{"umt5-xxl", "text encoder", "transformers", 242, 5'680'910'336},
            {"umt5-xxl-original", "text encoder", "original", 242, 5'680'910'336},
            {"t5-v1.1-xxl", "text encoder", "transformers", 219, 4'762'310'656},
            {"wan2.1-t2v-1.3b", "denoiser", "diffusers", 825, 1'418'996'800},
            {"wan2.1-t2v-1.3b-original", "denoiser", "original", 825, 1'418'996'800},
            {"wan2.1-t2v-1.3b-comfy", "denoiser", "original", 825, 1'418'996'800},
            {"wan2.1-t2v-14b", "denoiser", "diffusers", 1095, 14'288'491'584},
            {"wan2.1-t2v-14b-original", "denoiser", "original", 1095, 14'288'491'584},
            {"wan2.1-vace-1.3b", "denoiser", "diffusers", 1264, 2'153'972'032},
            {"wan2.1-vace-1.3b-original", "denoiser", "original", 1264, 2'153'972'032},
            {"wan2.1-vace-14b", "denoiser", "diffusers", 1331, 17'337'592'896},
            {"wan2.1-vace-14b-original", "denoiser", "original", 1331, 17'337'592'896},
            {"cogvideox-2b", "denoiser", "diffusers", 736, 1'693'783'872},
            {"cogvideox-5b", "denoiser", "diffusers", 1024, 5'570'283'072},
            {"cogvideox-1.5-5b", "denoiser", "diffusers", 1024, 5'570'676'352},
            {"cogvideox-1.5-5b-i2v", "denoiser", "diffusers", 1028, 5'571'594'880},
            {"cogvideox-2b-original", "denoiser", "original", 556, 1'693'783'872},
            {"cogvideox-5b-original", "denoiser", "original", 772, 5'570'283'072},
            {"cogvideox-1.5-5b-original", "denoiser", "original", 772, 5'570'676'352},
            {"cogvideox-1.5-5b-i2v-original", "denoiser", "original", 776, 5'571'594'880}}) {
        CAPTURE(expected.name);
        const ModelDescription found = describeModel(listed(expected.name));
        CHECK(found.kind == expected.kind);
        CHECK(found.tensors == expected.tensors);
        CHECK(found.parameters == expected.parameters);
        CHECK(found.names == expected.names);
        CHECK(found.problems.empty());
    }
}
