#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <fstream>
#include <random>
#include <set>

#include "core/base/error.h"
#include "core/enhance/one_step_enhancer.h"
#include "core/models/wan_vace.h"
#include "core/tensor/layout.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::enhance;

namespace {

constexpr int kWidth = 43, kHeight = 27; // no multiples of anything

std::filesystem::path fixture(const std::string& name)
{
    return test::sourceFolder() / "tests" / "fixtures" / "models" / name;
}

// A published model in small: the fixtures' autoencoder, with statistics, beside one of their transformers.
class Model {
public:
    explicit Model(const std::string& transformer)
    {
        at::set_num_threads(1);
        std::filesystem::create_directories(folder / "vae");
        std::filesystem::copy(fixture(transformer), folder / "transformer");
        std::filesystem::copy(fixture("wan_tiny") / "diffusion_pytorch_model.safetensors",
            folder / "vae" / "diffusion_pytorch_model.safetensors");
        std::filesystem::remove(folder / "transformer" / "cases.safetensors");
        std::ofstream(folder / "vae" / "config.json") << R"({"_class_name": "AutoencoderKLWan",
            "latents_mean": [0.1, -0.2, 0.3, 0.0], "latents_std": [1.5, 0.5, 2.0, 1.0]})";
    }
    OneStepModel open() const { return OneStepModel::open(oneStepFiles(folder.path()), {}); }

    test::TemporaryFolder folder;
};

PreparedFrame noise(std::int64_t frame, bool masked)
{
    std::mt19937 generator(static_cast<unsigned>(frame) + 77);
    std::uniform_real_distribution<float> value(0, 1);
    PreparedFrame prepared;
    prepared.rgb = video::ImageF(kWidth, kHeight, 3);
    for (float& sample : prepared.rgb.pixels) {
        sample = value(generator);
    }
    if (masked) {
        prepared.mask = video::Mask(kWidth, kHeight, 1);
        for (int y = 5; y < 20; ++y) {
            std::fill_n(prepared.mask.row(y) + 9, 17, std::uint16_t(frame % 2 == 0 ? 65535 : 300));
        }
    }
    return prepared;
}

PreparedClip clipOf(std::int64_t frames, bool masked, std::set<std::int64_t> starts = {})
{
    return {[masked](std::int64_t i) { return noise(i, masked); },
        [starts](std::int64_t i) { return i == 0 || starts.contains(i); }, frames};
}

at::Tensor textFor(const OneStepModel& model)
{
    return at::randn({1, 6, model.denoiserTraits().textChannels}, at::detail::createCPUGenerator(3));
}

// [1, 3, frames, height, width] in [0, 1], not clamped.
at::Tensor made(OneStepEnhancer& enhancer, base::FrameRange frames)
{
    std::vector<at::Tensor> pictures;
    for (std::int64_t i = frames.begin; i < frames.end; ++i) {
        const video::ImageF picture = enhancer.make(i, base::Control());
        REQUIRE(picture.width == kWidth);
        REQUIRE(picture.height == kHeight);
        pictures.push_back(tensor::videoFromImages({&picture, 1}));
    }
    return at::cat(pictures, 2);
}

// One window of the clip, computed step by step as ChopGrad's recipe is written down.
at::Tensor byHand(const Model& folder, std::int64_t frames, MaskedPart part, const at::Tensor& text)
{
    const c10::AutoGradMode noGradient(false);
    const auto files = oneStepFiles(folder.folder.path());
    const models::Autoencoder codec = models::loadAutoencoder(files.autoencoder, {});
    const auto transformer = models::loadDenoiser(files.transformer, {});
    std::vector<at::Tensor> pictures, masks;
    for (std::int64_t i = 0; i < frames; ++i) {
        const PreparedFrame frame = noise(i, true);
        pictures.push_back(tensor::videoFromImages({&frame.rgb, 1}));
        masks.push_back(tensor::matteFromMasks({&frame.mask, 1}).gt(0).to(at::kFloat));
    }
    const at::Tensor x = tensor::padFrames(tensor::padToMultiple(at::cat(pictures, 2), 16), 1, 4);
    const at::Tensor m = tensor::padFrames(tensor::padToMultiple(at::cat(masks, 2), 16), 1, 4);
    const auto encode = [&](const at::Tensor& video) {
        return models::normalised(
            codec.traits, models::posteriorMean(codec.traits, models::encoded(*codec.encoder, video)));
    };
    const at::Tensor z = encode(part == MaskedPart::kGrey ? x * (1 - m) : x);
    models::Conditioning given;
    given.timestep = at::full({1}, 200.0);
    given.text = text;
    if (transformer->traits().contextChannels > 0) {
        given.context = models::vaceContext(encode(x * (1 - m)), encode(x * m), models::foldedMask(m, 8, z.size(2)));
    }
    const at::Tensor clean = z - transformer->predict(z, given).prediction;
    return models::decoded(*codec.decoder, models::denormalised(codec.traits, clean))
        .narrow(2, 0, frames)
        .narrow(3, 0, kHeight)
        .narrow(4, 0, kWidth);
}

double largest(const at::Tensor& difference)
{
    return difference.abs().max().item<double>();
}

} // namespace

TEST_CASE("one window is encode, one evaluation at t = 200, residual, decode: with Wan and with VACE")
{
    for (const char* transformer : {"wan_t2v", "wan_vace"}) {
        const Model model(transformer);
        for (const MaskedPart part : {MaskedPart::kGrey, MaskedPart::kKept}) {
            CAPTURE(transformer);
            OneStepModel opened = model.open();
            const at::Tensor text = textFor(opened);
            OneStepSettings settings;
            settings.maskedPart = part;
            OneStepEnhancer enhancer(std::move(opened), text, settings, clipOf(7, true));
            const at::Tensor expected = byHand(model, 7, part, text);
            CHECK(largest(made(enhancer, {0, 7}) - expected) < 1e-5 * largest(expected));
        }
    }
}

TEST_CASE("any range gives what the whole clip gives, over windows and cuts")
{
    const Model model("wan_vace");
    OneStepSettings settings;
    settings.windows = {9, 3};
    const auto enhancer = [&] {
        OneStepModel opened = model.open();
        const at::Tensor text = textFor(opened);
        return OneStepEnhancer(std::move(opened), text, settings, clipOf(20, true, {5, 13}));
    };
    OneStepEnhancer first = enhancer(), second = enhancer();
    const at::Tensor whole = made(first, {0, 20});
    for (const std::int64_t frame : {14, 7, 19, 6}) {
        CHECK(largest(made(second, {frame, frame + 1}) - whole.narrow(2, frame, 1)) == 0);
    }
}

TEST_CASE("spatial tiles blend: a transformer that looks at one cell gives the same with and without them")
{
    // v = z / 4: the same for a cell wherever a tile's border runs.
    struct Pointwise : models::Denoiser {
        models::DenoiserTraits own;
        int* calls;

        const models::DenoiserTraits& traits() const override { return own; }
        models::DenoiseStep predict(
            const at::Tensor& z, const models::Conditioning&, models::CausalCache) const override
        {
            ++*calls;
            return {z / 4, {}};
        }
        void visit(const models::ParameterVisitor&) override {}
        plan::DenoiserFootprint footprint() const override { return {}; }
    };
    const Model model("wan_t2v");
    const auto files = oneStepFiles(model.folder.path());
    const auto run = [&](std::int64_t mostTokens, int codecTile, int& calls) {
        OneStepModel::Parts parts;
        parts.codec = models::loadAutoencoder(files.autoencoder, {}).traits;
        parts.denoiser = models::denoiserTraits(files.transformer);
        parts.makeEncoder = [&] { return std::move(models::loadAutoencoder(files.autoencoder, {}).encoder); };
        parts.makeDecoder = [&] { return std::move(models::loadAutoencoder(files.autoencoder, {}).decoder); };
        parts.makeDenoiser = [&] {
            auto pointwise = std::make_unique<Pointwise>();
            pointwise->own = parts.denoiser;
            pointwise->calls = &calls;
            return pointwise;
        };
        OneStepSettings settings;
        settings.passes.mostTokens = mostTokens;
        settings.passes.tileOverlap = 1;
        settings.passes.codecTile = codecTile;
        OneStepEnhancer enhancer(OneStepModel(parts, {}), at::zeros({1, 1, 12}), settings, clipOf(5, false));
        return made(enhancer, {0, 5});
    };
    int whole = 0, tiled = 0;
    const at::Tensor expected = run(32760, 64, whole);
    CHECK(largest(run(3, 2, tiled) - expected) < 1e-5 * largest(expected));
    CHECK(whole == 1);
    CHECK(tiled == 2);
}

TEST_CASE("an autoencoder with Mirage's fused frames hands each frame's features past the transformer")
{
    const Model model("wan_vace");
    const auto files = [&] { return oneStepFiles(model.folder.path()); };
    // Its two tensors, at zero to begin with.
    models::LoadOptions fusing;
    fusing.fusesFrames = true;
    models::Autoencoder fused = models::loadAutoencoder(files().autoencoder, fusing);
    const auto writeFusion = [&](double deviation) {
        models::NamedTensors tensors;
        at::manual_seed(9);
        fused.decoder->visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
            if (name.starts_with("decoder.fusion.")) {
                tensor.normal_(0, 1).mul_(deviation);
                tensors.emplace_back(name, tensor.clone().contiguous());
            }
        });
        REQUIRE(tensors.size() == 2);
        models::writeSafetensors(model.folder / "fusion.safetensors", tensors);
    };
    const auto run = [&](int codecTile = 64) {
        OneStepModel opened = OneStepModel::open(files(), {});
        const at::Tensor text = textFor(opened);
        OneStepSettings settings;
        settings.passes.codecTile = codecTile;
        OneStepEnhancer enhancer(std::move(opened), text, settings, clipOf(7, true));
        return made(enhancer, {0, 7});
    };
    const at::Tensor plain = run();
    writeFusion(0);
    CHECK(files().fusion == model.folder / "fusion.safetensors");
    CHECK(run().equal(plain));
    writeFusion(0.1);
    const at::Tensor trained = run();
    CHECK(largest(trained - plain) > 1e-3 * largest(plain));
    CHECK(largest(run(2) - trained) < 1e-5 * largest(trained)); // tile by tile

    // The whole autoencoder in one file gives the same.
    models::NamedTensors all;
    const auto add = [&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        all.emplace_back(name, tensor.contiguous());
    };
    fused.encoder->visit(add);
    fused.decoder->visit(add);
    std::filesystem::remove(model.folder / "fusion.safetensors");
    models::writeSafetensors(model.folder / "vae" / "diffusion_pytorch_model.safetensors", all);
    CHECK(run().equal(trained));

    models::writeSafetensors(model.folder / "fusion.safetensors",
        {{"decoder.fusion.weight", at::zeros({1, 1, 1, 3, 3})}, {"decoder.fusion.bias", at::zeros({1})}});
    CHECK_THROWS_WITH_AS(run(), doctest::Contains("another shape"), base::Error);
}

TEST_CASE("one part of a model is in memory at a time")
{
    const Model model("wan_vace");
    OneStepModel opened = model.open();
    const auto bytesOf = [](auto& part) {
        return models::parameterBytes([&](const models::ParameterVisitor& v) {
            const_cast<std::remove_const_t<std::remove_reference_t<decltype(part)>>&>(part).visit(v);
        });
    };
    at::Tensor weight;
    const_cast<models::Denoiser&>(opened.denoiser())
        .visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
            weight = name == "proj_out.weight" ? tensor : weight;
        });
    REQUIRE(weight.use_count() == 2);
    CHECK(bytesOf(opened.decoder()) > 0);
    CHECK(weight.use_count() == 1); // the transformer let go of it
}

TEST_CASE("parts that do not belong together and embeddings of other models are refused")
{
    const Model model("wan_odd");
    const auto whyNot = [](const auto& act) {
        try {
            act();
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::ErrorKind::kInput);
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(whyNot([&] { model.open(); }).find("do not belong together") != std::string::npos);
    CHECK(whyNot([&] { oneStepFiles(model.folder / "vae"); }).find("vae") != std::string::npos);
    CHECK(whyNot([&] { oneStepFiles(model.folder / "nowhere"); }).find("not a folder") != std::string::npos);

    models::DenoiserTraits traits;
    traits.textChannels = 12;
    traits.textTokens = 8;
    const auto path = model.folder / "prompt.safetensors";
    models::writeSafetensors(path, {{"prompt_embedding", at::ones({3, 12}, at::kBFloat16)}});
    const at::Tensor text = promptEmbedding(path, traits);
    CHECK(text.sizes() == at::IntArrayRef({1, 8, 12}));
    CHECK(text.sum().item<double>() == 36);
    models::writeSafetensors(path, {{"prompt_embeds", at::ones({1, 3, 11})}, {"other", at::ones({1})}});
    CHECK(whyNot([&] { promptEmbedding(path, traits); }).find("prompt_embeds") != std::string::npos);
    models::writeSafetensors(path, {{"x", at::ones({9, 12})}});
    CHECK(whyNot([&] { promptEmbedding(path, traits); }).find("9 tokens") != std::string::npos);
}
