#pragma once
#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <string_view>

// The scores of scores.h by the names that the command line, requests and reports use.
namespace reelmend::perceptual {

struct Score {
    std::string_view name;  // "psnr-y"
    std::string_view title; // for people: "PSNR (Y)"
    std::string_view unit;  // "dB", or empty
    bool isHigherBetter = true;
    bool takesWeight = true; // a mask may say where to look
    // [n, 3, h, w] twice, the clean pictures first, and a weight that may be undefined -> [n]. Throws as scores.h.
    at::Tensor (*measure)(const at::Tensor& clean, const at::Tensor& other, const at::Tensor& weight) = nullptr;
};

std::span<const Score> scoreTable();             // psnr, psnr-y, ssim, ms-ssim, gmsd, vif
const Score& scoreByName(std::string_view name); // throws base::Error(kUsage) that lists the names

} // namespace reelmend::perceptual
