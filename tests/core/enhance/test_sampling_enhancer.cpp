#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "core/base/error.h"
#include "core/enhance/sampling_enhancer.h"
#include "core/models/wan_vace.h"
#include "core/tensor/layout.h"
#include "tests/support/tiny_published.h"

using namespace reelmend;
using namespace reelmend::enhance;

// Against what tools/reference/make_vace_fixtures.py had diffusers' pipeline make.

namespace {

constexpr int kFrames = 5, kWidth = 48, kHeight = 32;

at::Tensor stored(const char* name)
{
    const models::SafetensorsFile file(test::modelFolder("vace_pipeline") / "cases.safetensors");
    const auto* found = file.find(name);
    REQUIRE(found);
    return file.read(*found, {});
}

// The script's formula for pictures.
video::ImageF picture(int height, int width, int start)
{
    video::ImageF made(width, height, 3);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            for (int c = 0; c < 3; ++c) {
                made.row(y)[3 * x + c] = static_cast<float>((7 * x + 11 * y + 83 * c + start + x * y) % 256) / 255;
            }
        }
    }
    return made;
}

std::vector<video::ImageF> references()
{
    return {picture(16, 40, 5), picture(40, 24, 77)};
}

PreparedFrame frameOf(std::int64_t i)
{
    const int t = static_cast<int>(i % kFrames);
    PreparedFrame frame{picture(kHeight, kWidth, 31 * static_cast<int>(i)), video::Mask(kWidth, kHeight, 1), {}};
    for (int y = 8 + t; y < 24; ++y) {
        std::fill_n(frame.mask.row(y) + 12, 24 - t, std::uint16_t(65535));
    }
    return frame;
}

PreparedClip clipOf(std::int64_t frames)
{
    return {frameOf, [](std::int64_t i) { return i == 0; }, frames};
}

struct Model {
    Model(const std::string& transformer = "wan_vace")
    {
        at::set_num_threads(1);
        test::writeTinyWan(folder / "model", transformer);
    }
    OneStepModel open() const { return OneStepModel::open(oneStepFiles(folder / "model"), {}); }

    test::TemporaryFolder folder;
};

SamplingSettings quickSettings()
{
    SamplingSettings settings;
    settings.windows = {5, 2};
    settings.schedule.steps = 2;
    settings.guidance = 1;
    settings.seed = 3;
    return settings;
}

at::Tensor made(const Model& model, const SamplingSettings& settings, const std::vector<video::ImageF>& shown,
    base::FrameRange frames)
{
    SamplingEnhancer enhancer(model.open(), {stored("text"), {}}, shown, settings, clipOf(9));
    std::vector<at::Tensor> pictures;
    for (std::int64_t i = frames.begin; i < frames.end; ++i) {
        const video::ImageF one = enhancer.make(i, base::Control());
        pictures.push_back(tensor::videoFromImages({&one, 1}));
    }
    return at::cat(pictures, 2);
}

double apart(const at::Tensor& got, const at::Tensor& expected)
{
    REQUIRE(got.sizes() == expected.sizes());
    return ((got - expected).abs().max() / expected.abs().max()).item<double>();
}

} // namespace

TEST_CASE("VACE's context with reference pictures, and the latents of guided steps, are diffusers'")
{
    const c10::AutoGradMode noGradient(false);
    const Model folder;
    OneStepModel model = folder.open();
    const base::Control control;
    const ClipPiece piece = clipPiece(model, clipOf(kFrames), {0, kFrames}, control);
    const auto encode = [&](const at::Tensor& video) { return encodedPiece(model, video, {}, control); };
    std::vector<at::Tensor> fitted;
    for (const video::ImageF& reference : references()) {
        fitted.push_back(models::fittedReference(tensor::videoFromImages({&reference, 1}), kHeight, kWidth));
        const at::Tensor expected = stored("reference")[static_cast<std::int64_t>(fitted.size()) - 1];
        CHECK((fitted.back()[0].select(1, 0) - expected).abs().max().item<double>() < 1e-5);
    }
    const at::Tensor context = models::withReferences(
        models::vaceContextOf(piece.video, piece.mask, 8, {}, models::KnownLatents::kNone, encode), fitted, encode);
    CHECK(apart(context, stored("context")) < 1e-5);

    SamplingSettings settings;
    settings.schedule = {.steps = 4, .shift = 3, .grid = diffusion::FlowGrid::kDiffusers};
    settings.shiftBySize = false;
    settings.guidance = 2.5;
    const SamplingPrompts prompts = {stored("text"), stored("negative")};
    CHECK(apart(sampledPiece(model, stored("context"), stored("noise"), prompts, settings, control),
              stored("latents")) < 1e-4);
    settings.guidance = 1; // without the negative prompt
    CHECK(apart(sampledPiece(model, stored("context"), stored("noise"), prompts, settings, control),
              stored("latents")) > 1e-2);
}

TEST_CASE("a context is not encoded twice where its latents are known")
{
    const at::Tensor video = at::randn({1, 3, 1, 8, 8}), holes = at::zeros({1, 1, 1, 8, 8});
    holes.narrow(3, 0, 4).fill_(1);
    int calls = 0;
    const auto counted = [&calls](const at::Tensor& part) {
        ++calls;
        return at::avg_pool3d(part, {1, 8, 8}); // any linear map will do
    };
    const auto context = [&](const at::Tensor& mask, models::KnownLatents known, const at::Tensor& latents) {
        calls = 0;
        return models::vaceContextOf(video, mask, 8, latents, known, counted);
    };
    const at::Tensor plain = context(holes, models::KnownLatents::kNone, {});
    CHECK(calls == 2);
    const at::Tensor inactive = counted(video * (1 - holes)), asIs = counted(video);
    CHECK(plain.equal(context(holes, models::KnownLatents::kInactive, inactive)));
    CHECK(calls == 1);
    CHECK(plain.equal(context(holes, models::KnownLatents::kWhole, asIs)));
    CHECK(calls == 2);
    const at::Tensor all = at::ones_like(holes), latents = counted(video);
    const at::Tensor whole = context(all, models::KnownLatents::kWhole, latents);
    CHECK(calls == 1);
    CHECK(whole.equal(context(all, models::KnownLatents::kNone, {})));
}

TEST_CASE("any range gives what the whole clip gives; seed, reference pictures and steps matter")
{
    const Model model;
    const SamplingSettings settings = quickSettings();
    const at::Tensor whole = made(model, settings, references(), {0, 9});
    CHECK(whole.isfinite().all().item<bool>());
    CHECK(made(model, settings, references(), {4, 6}).equal(whole.narrow(2, 4, 2)));
    CHECK(apart(made(model, settings, {}, {0, 2}), whole.narrow(2, 0, 2)) > 1e-3);
    SamplingSettings other = settings;
    other.seed = 4;
    CHECK(apart(made(model, other, references(), {0, 2}), whole.narrow(2, 0, 2)) > 1e-3);
    other = settings;
    other.schedule.steps = 3;
    CHECK(apart(made(model, other, references(), {0, 2}), whole.narrow(2, 0, 2)) > 1e-3);
}

TEST_CASE("a model that is not shown the clip is refused, and so are schedules that cannot be")
{
    const Model plain("wan_t2v");
    CHECK_THROWS_WITH_AS(SamplingEnhancer(plain.open(), {stored("text"), {}}, {}, quickSettings(), clipOf(5)),
        doctest::Contains("VACE"), base::Error);
    const Model model;
    SamplingSettings settings = quickSettings();
    settings.schedule.steps = 0;
    CHECK_THROWS_AS(SamplingEnhancer(model.open(), {stored("text"), {}}, {}, settings, clipOf(5)), base::Error);
}
