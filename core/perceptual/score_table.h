#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/perceptual/scores.h"

// The scores of scores.h by the names that the command line, requests and reports use.
namespace reelmend::perceptual {

// [n, 3, h, w] twice in [0, 1], the clean pictures first -> [n].
using LoadedScore = std::function<at::Tensor(const at::Tensor& clean, const at::Tensor& other)>;

// Whether a score judges a picture, or a frame together with the one before it.
enum class ScoreSpan { kPicture, kPair };

struct Score {
    std::string_view name;  // "psnr-y"
    std::string_view title; // for people: "PSNR (Y)"
    std::string_view unit;  // "dB", or empty
    bool isHigherBetter = true;
    bool takesWeight = true; // a mask may say where to look
    // [n, 3, h, w] twice, the clean pictures first, and a weight that may be undefined -> [n]. Throws as scores.h.
    at::Tensor (*measure)(const at::Tensor& clean, const at::Tensor& other, const at::Tensor& weight) = nullptr;
    // In its place for scores of files: statistics that come with the program, networks that the user supplies
    // (network_files.h). Takes no weight. Throws base::Error(kUnavailable) that says which file is missing.
    LoadedScore (*load)(const at::TensorOptions& options) = nullptr;
    ScoreSpan span = ScoreSpan::kPicture; // kPair: n frames in order -> [n - 1]
    // In its place for scores that follow the optical flow, which the caller brings. Takes no weight.
    LoadedScore (*along)(const FlowFunction& flow) = nullptr;
};

std::span<const Score> scoreTable(); // psnr, psnr-y, ssim, ms-ssim, gmsd, vif, niqe, dists, lpips-…, flicker, ewarp
const Score& scoreByName(std::string_view name); // throws base::Error(kUsage) that lists the names

} // namespace reelmend::perceptual
