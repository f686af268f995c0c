#pragma once
#include <ATen/ATen.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/models/safetensors.h"

// A pack of two short segments made by code: moving stripes and a disc, with a halved, a quartered and a noisy
// variant.
namespace reelmend::test {

inline at::Tensor movingPicture(std::int64_t frames, std::int64_t size, double phase)
{
    const at::Tensor t = at::arange(frames, at::kFloat).view({-1, 1, 1, 1});
    const at::Tensor y = at::arange(size, at::kFloat).view({1, -1, 1, 1});
    const at::Tensor x = at::arange(size, at::kFloat).view({1, 1, -1, 1});
    const at::Tensor c = at::arange(3, at::kFloat).view({1, 1, 1, -1});
    const at::Tensor stripes = at::sin((x + y * 0.5 + t * 1.5) * 0.35 + phase + c) * 70 + 120;
    const at::Tensor disc = ((x - 30 - t).square() + (y - 28).square() < 150).to(at::kFloat) * 50;
    return (stripes + disc).clamp(0, 255).round().to(at::kByte);
}

inline at::Tensor reducedBy(const at::Tensor& frames, std::int64_t scale)
{
    const at::Tensor f = frames.permute({0, 3, 1, 2}).to(at::kFloat);
    return at::avg_pool2d(f, scale).round().to(at::kByte).permute({0, 2, 3, 1}).contiguous();
}

struct TinyPackOptions {
    std::int64_t wrongReduction = 2; // of the variant that claims to be halved
    bool dropMask = false;
};

inline void writeTinyPack(const std::filesystem::path& path, const TinyPackOptions& options = {})
{
    models::NamedTensors tensors;
    nlohmann::json segments = nlohmann::json::array();
    for (int i = 0; i < 2; ++i) {
        const std::string key = "s00" + std::to_string(i);
        const at::Tensor clean = movingPicture(13, 72, i * 1.3);
        tensors.emplace_back(key + ".clean", clean);
        tensors.emplace_back(key + ".x2.0", reducedBy(clean, options.wrongReduction));
        tensors.emplace_back(key + ".x4.0", reducedBy(clean, 4));
        const at::Tensor noise = at::linspace(-9, 9, clean.numel()).view(clean.sizes()).flip({2});
        tensors.emplace_back(key + ".restore.0", (clean.to(at::kFloat) + noise).clamp(0, 255).to(at::kByte));
        if (i == 0 && !options.dropMask) {
            tensors.emplace_back(key + ".mask", (clean.select(3, 0) > 150).to(at::kByte).mul(255));
        }
        nlohmann::json variants = {
            {{"key", key + ".x2.0"}, {"kind", "upscale"}, {"scale", 2}, {"sigma", 0}, {"crf", 20}},
            {{"key", key + ".x4.0"}, {"kind", "upscale"}, {"scale", 4}, {"sigma", 0}, {"crf", 20}},
            {{"key", key + ".restore.0"}, {"kind", "restore"}, {"scale", 1}, {"sigma", 5.0}, {"crf", 25}}};
        segments.push_back(
            {{"key", key}, {"name", "tiny " + std::to_string(i)}, {"mask", i == 0}, {"variants", variants}});
    }
    models::writeSafetensors(path, tensors, {{"format", "reelmend-pack-1"}, {"segments", segments.dump()}});
}

} // namespace reelmend::test
