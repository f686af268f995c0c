#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <doctest/doctest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/device.h"
#include "core/tensor/device_profile.h"
#include "core/tensor/repeating.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using tensor::isUnrepeatable;
using tensor::Repeating;
using tensor::RepeatingScope;

TEST_CASE("work on a card repeats itself within a scope alone; the CPU's needs none")
{
    const at::Context& context = at::globalContext();
    const bool before = context.benchmarkCuDNN();
    {
        const RepeatingScope onCpu(c10::Device(c10::kCPU), Repeating::kAlways);
        CHECK_FALSE(context.deterministicAlgorithms());
        const RepeatingScope outer(c10::Device(c10::kCUDA, 0), Repeating::kAlways);
        CHECK(context.deterministicCuDNN());
        {
            const RepeatingScope inner(c10::Device(c10::kCUDA, 0), Repeating::kWhereKnown);
            CHECK(context.deterministicAlgorithmsWarnOnly());
            context.alertNotDeterministic("a kernel"); // is not heard
        }
        CHECK(context.deterministicAlgorithms());
        CHECK_FALSE(context.deterministicAlgorithmsWarnOnly());
        std::string problem;
        try {
            context.alertNotDeterministic("a kernel");
        } catch (const std::exception& error) {
            CHECK(isUnrepeatable(error));
            problem = error.what();
        }
        CHECK(problem.find("a kernel") != std::string::npos);
        CHECK_FALSE(isUnrepeatable(std::runtime_error("out of memory")));
    }
    CHECK_FALSE(context.deterministicAlgorithms());
    CHECK_FALSE(context.deterministicCuDNN());
    CHECK(context.benchmarkCuDNN() == before);
}

TEST_CASE("devices and precisions are words; unknown words are refused")
{
    CHECK(tensor::deviceFromText("cpu").is_cpu());
    CHECK_THROWS_AS(tensor::deviceFromText("gpu"), base::Error);
    CHECK_THROWS_AS(tensor::deviceFromText("cuda:x"), base::Error);
    const c10::Device cpu(c10::kCPU);
    for (const char* word : {"float32", "bfloat16", "float16", "float64"}) {
        CHECK(tensor::dtypeText(tensor::dtypeFromText(word, cpu)) == word);
    }
    CHECK_THROWS_AS(tensor::dtypeFromText("int8", cpu), base::Error);
}

TEST_CASE("the automatic precision is what was measured on this device, once")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "profile.json";
    const c10::Device cpu(c10::kCPU);
    const tensor::DeviceProfile measured = tensor::deviceProfile(cpu, file);
    CHECK(measured.float32 > 0);
    CHECK((measured.bfloat16 > 0) == tensor::cpuFeatures().bf16);
    CHECK(tensor::deviceProfile(cpu, file) == measured); // read again, not measured again

    for (const char* text : {"", "no JSON", "[]", R"({"device": 3})", R"({"device": "another", "float32": 1})"}) {
        base::writeFileAtomically(file, text);
        const tensor::DeviceProfile anew = tensor::deviceProfile(cpu, file);
        CHECK(anew.device == measured.device);
        CHECK(anew.float32 > 0);
    }
    CHECK(tensor::deviceProfile(cpu, folder / "missing" / "folder" / "profile.json").float32 > 0);

    tensor::DeviceProfile choice;
    choice.float32 = 200;
    choice.bfloat16 = 0;
    CHECK((choice.dtype() == at::kFloat));
    choice.bfloat16 = 210; // hardly faster
    CHECK((choice.dtype() == at::kFloat));
    choice.bfloat16 = 400;
    CHECK((choice.dtype() == at::kBFloat16));
}
