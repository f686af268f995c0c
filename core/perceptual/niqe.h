#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>

namespace reelmend::perceptual {

// Naturalness without a clean picture to compare with (Mittal, Soundararajan, Bovik 2013): the distance of the
// statistics of 96x96 blocks, at two sizes, from those of pristine photographs. Lower is more natural; 3 to 5 for
// good footage.
class Niqe {
public:
    // `mean`: [36] or [1, 36], `covariance`: [36, 36], of the pristine photographs.
    Niqe(const at::Tensor& mean, const at::Tensor& covariance);

    // [n, 3, height, width], R'G'B' in [0, 1] -> [n], of whole 96x96 blocks of studio luma, as the public
    // implementations round and crop it; computed in double on the CPU. Blocks without any texture are left out; a
    // picture without two others has the distance of flat blocks, which is finite. At least two blocks, else
    // base::Error(kUsage).
    at::Tensor score(const at::Tensor& pictures) const;

private:
    at::Tensor mean_, covariance_; // double
};

// resources/perceptual/niqe.safetensors, or another file of "mean" and "covariance". Throws base::Error(kInput).
std::shared_ptr<const Niqe> loadNiqe(const std::filesystem::path& file);

} // namespace reelmend::perceptual
