#pragma once
#include <ATen/ATen.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/models/safetensors.h"
#include "tests/support/test_support.h"

// Random tiny models in the folders of published ones, from the committed fixtures.
namespace reelmend::test {

inline constexpr const char* kTinyWeights = "diffusion_pytorch_model.safetensors";

inline std::filesystem::path modelFolder(const std::string& name)
{
    return sourceFolder() / "tests" / "fixtures" / "models" / name;
}

// A Wan transformer ("wan_t2v", "wan_vace") beside a Wan autoencoder.
inline void writeTinyWan(const std::filesystem::path& folder, const std::string& transformer)
{
    namespace fs = std::filesystem;
    fs::create_directories(folder / "vae");
    fs::create_directories(folder / "transformer");
    for (const char* name : {kTinyWeights, "config.json"}) {
        fs::copy_file(modelFolder(transformer) / name, folder / "transformer" / name);
    }
    fs::copy_file(modelFolder("wan_tiny") / kTinyWeights, folder / "vae" / kTinyWeights);
    std::ofstream(folder / "vae" / "config.json") << R"({"_class_name": "AutoencoderKLWan",
        "latents_mean": [0.1, -0.2, 0.3, 0.0], "latents_std": [1.5, 0.5, 2.0, 1.0]})";
}

// DOVE in the layout of its release; its embedding of the empty prompt lies beside it.
inline void writeTinyDove(const std::filesystem::path& folder)
{
    namespace fs = std::filesystem;
    fs::create_directories(folder);
    fs::copy(modelFolder("cogvideox_1_5_tiny"), folder / "transformer");
    fs::copy(modelFolder("cogvideox_vae_tiny"), folder / "vae");
    for (const char* part : {"transformer", "vae"}) {
        fs::remove(folder / part / "cases.safetensors");
    }
    const fs::path prompts = folder.parent_path() / "prompt_embeddings";
    fs::create_directories(prompts);
    models::writeSafetensors(prompts / "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.safetensors",
        {{"prompt_embedding", at::ones({5, 6}, at::kBFloat16)}});
}

} // namespace reelmend::test
