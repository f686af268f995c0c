#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/device.h"
#include "core/tensor/device_profile.h"
#include "tests/support/test_support.h"

using namespace reelmend;

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
