#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <fstream>

#include "core/base/error.h"
#include "core/enhance/dove_enhancer.h"
#include "core/tensor/layout.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::enhance;

namespace {

namespace fs = std::filesystem;

constexpr const char* kEmptyPrompt = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.safetensors";

fs::path fixture(const std::string& name)
{
    return test::sourceFolder() / "tests" / "fixtures" / "models" / name;
}

// DOVE in small: the fixtures' autoencoder beside their transformer of CogVideoX 1.5.
OneStepModel model()
{
    at::set_num_threads(1);
    return OneStepModel::open({fixture("cogvideox_1_5_tiny"), fixture("cogvideox_vae_tiny")}, {});
}

at::Tensor stored(const char* name)
{
    const models::SafetensorsFile file(fixture("dove_tiny") / "cases.safetensors");
    return file.read(*file.find(name), {});
}

// Frames of `clip` [1, 3, time, height, width], over and over where there are not enough.
PreparedClip clipOf(const at::Tensor& clip, std::int64_t frames)
{
    const auto images = std::make_shared<std::vector<video::ImageF>>(tensor::imagesFromVideo(clip));
    const auto prepare = [images](std::int64_t i) {
        PreparedFrame frame;
        frame.rgb = (*images)[static_cast<std::size_t>(i) % images->size()];
        return frame;
    };
    return {prepare, [](std::int64_t i) { return i == 0; }, frames};
}

at::Tensor made(DoveEnhancer& enhancer, base::FrameRange frames)
{
    std::vector<at::Tensor> pictures;
    for (std::int64_t i = frames.begin; i < frames.end; ++i) {
        const video::ImageF picture = enhancer.make(i, base::Control());
        pictures.push_back(tensor::videoFromImages({&picture, 1}));
    }
    return at::cat(pictures, 2);
}

double relativeError(const at::Tensor& got, const at::Tensor& expected)
{
    REQUIRE(got.sizes() == expected.sizes());
    return ((got - expected).abs().max() / expected.abs().max()).item<double>();
}

} // namespace

TEST_CASE("DOVE's recipe gives what diffusers gives step by step")
{
    DoveSettings settings;
    settings.posterior = Posterior::kMean;
    settings.roundedGains = false;
    DoveEnhancer enhancer(model(), stored("prompt").unsqueeze(0), settings, clipOf(stored("clip"), 9));
    CHECK(relativeError(made(enhancer, {0, 9}), stored("sample")) < 1e-4);
}

TEST_CASE("a frame of DOVE's depends on the windows around it alone, and its sample on the seed")
{
    DoveSettings settings;
    settings.scale = 2;
    settings.windows = {9, 4};
    const auto enhancer = [&] {
        return DoveEnhancer(model(), stored("prompt").unsqueeze(0), settings, clipOf(stored("clip"), 23));
    };
    DoveEnhancer whole = enhancer(), piece = enhancer();
    const at::Tensor all = made(whole, {0, 23});
    CHECK(all.size(3) == 8);
    CHECK(all.size(4) == 16);
    CHECK(at::equal(made(piece, {12, 14}), all.narrow(2, 12, 2)));
    settings.seed = 43;
    DoveEnhancer other = enhancer();
    CHECK_FALSE(at::equal(made(other, {0, 1}), all.narrow(2, 0, 1)));
    CHECK_THROWS_AS(made(whole, {23, 24}), base::Error);
}

TEST_CASE("DOVE's tiles turn into each other and leave no pixel out")
{
    const at::Tensor clip = at::rand({1, 3, 1, 13, 21}) * 2 - 1; // no multiples of anything
    DoveSettings settings;
    settings.posterior = Posterior::kMean;
    const auto picture = [&] {
        DoveEnhancer enhancer(model(), stored("prompt").unsqueeze(0), settings, clipOf(clip, 1));
        return made(enhancer, {0, 1});
    };
    const at::Tensor whole = picture();
    CHECK(whole.size(3) == 52);
    CHECK(whole.size(4) == 84);
    settings.mostCells = 48;
    settings.tileOverlap = 2;
    const at::Tensor tiled = picture();
    CHECK(tiled.isfinite().all().item<bool>());
    CHECK(tiled.sizes() == whole.sizes());
    const double off = ((tiled - whole).abs().mean() / whole.abs().mean()).item<double>();
    CHECK(off > 1e-6); // statistics of a tile are not those of the picture
    CHECK(off < 1);
    settings.mostCells = 0;
    CHECK_THROWS_AS(picture(), base::Error);
}

TEST_CASE("the embedding of the empty prompt is found where DOVE keeps it")
{
    const test::TemporaryFolder folder;
    const fs::path model = folder.path() / "pretrained_models" / "DOVE";
    fs::create_directories(model);
    CHECK(emptyPromptFile(model).empty());
    fs::create_directories(model.parent_path() / "prompt_embeddings");
    std::ofstream(model.parent_path() / "prompt_embeddings" / kEmptyPrompt) << "x";
    CHECK(emptyPromptFile(model) == model.parent_path() / "prompt_embeddings" / kEmptyPrompt);
    std::ofstream(model / kEmptyPrompt) << "x";
    CHECK(emptyPromptFile(model) == model / kEmptyPrompt);
}

TEST_CASE("an autoencoder of another family is refused beside DOVE's transformer")
{
    try {
        OneStepModel::open({fixture("cogvideox_1_5_tiny"), fixture("wan_tiny")}, {});
        FAIL("the families differ");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::ErrorKind::kInput);
    }
}
