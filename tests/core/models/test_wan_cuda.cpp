#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "core/models/catalogue.h"
#include "core/models/evaluate.h"
#include "core/tensor/device.h"
#include "tests/support/cuda.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::models;

TEST_CASE("the Wan autoencoder on CUDA reproduces diffusers, in float32 and bf16, streamed and in tiles")
{
    if (!test::cudaIsThere()) {
        return;
    }
    LoadOptions options;
    options.device = tensor::deviceFromText("cuda");
    for (const char* name : {"wan_tiny", "wan_shallow"}) {
        CAPTURE(name);
        const auto folder = test::sourceFolder() / "tests" / "fixtures" / "models" / name;
        const SafetensorsFile cases(folder / "cases.safetensors");
        const auto value = [&](const std::string& key) { return cases.read(*cases.find(key), {}); };
        for (const auto dtype : {at::kFloat, at::kBFloat16}) {
            CAPTURE(at::toString(dtype));
            options.dtype = dtype;
            const Autoencoder model = loadAutoencoder(folder / "diffusion_pytorch_model.safetensors", options);
            const auto error = [&](const at::Tensor& got, const at::Tensor& expected) {
                const at::Tensor apart = (got.to(at::kFloat).cpu() - expected).abs();
                const at::Tensor size = dtype == at::kFloat ? apart.max() : apart.mean();
                return (size / expected.abs().max()).item<double>();
            };
            const auto there = [&](const std::string& key) { return value(key).to(options.device, dtype); };
            const double bound = dtype == at::kFloat ? 1e-4 : 1e-2;
            CHECK(error(decoded(*model.decoder, there("clip.z")), value("clip.raw")) < bound);
            for (const std::string clip : {"still", "clip"}) {
                if (cases.find(clip + ".x")) {
                    CHECK(error(encoded(*model.encoder, there(clip + ".x")), value(clip + ".parameters")) < bound);
                }
            }
            EvaluationPlan plan;
            plan.whole = true;
            CHECK(error(decoded(*model.decoder, there("clip.z"), plan), value("clip.raw")) < bound);
            plan = {};
            plan.tile = parseTile("2x2");
            CHECK(error(decoded(*model.decoder, there("wide.z"), plan), value("wide.raw")) < bound);
        }
    }
}
