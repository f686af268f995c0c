#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "core/base/error.h"
#include "core/models/wan_vace.h"

using namespace reelmend;
using namespace reelmend::models;

TEST_CASE("each latent takes the mask of the frame nearest to its middle")
{
    // Of diffusers' nearest-exact for 81 frames in 21 places.
    const std::vector<std::int64_t> expected = {
        1, 5, 9, 13, 17, 21, 25, 28, 32, 36, 40, 44, 48, 52, 55, 59, 63, 67, 71, 75, 79};
    for (std::int64_t i = 0; i < 21; ++i) {
        CHECK(maskFrame(i, 21, 81) == expected[static_cast<std::size_t>(i)]);
    }
    CHECK(maskFrame(0, 1, 1) == 0);
    for (const auto& [latents, frames] : {std::pair(3, 9), std::pair(5, 17), std::pair(13, 49), std::pair(2, 5)}) {
        const at::Tensor numbers = at::arange(frames, at::kFloat).view({1, 1, frames});
        const at::Tensor picked = at::_upsample_nearest_exact1d(numbers, {latents});
        for (std::int64_t i = 0; i < latents; ++i) {
            CHECK(maskFrame(i, latents, frames) == picked[0][0][i].item<std::int64_t>());
        }
    }
}

TEST_CASE("a mask is folded row by row, and the context stacks both parts and the mask")
{
    const at::Tensor mask = at::arange(2 * 1 * 5 * 4 * 6, at::kFloat).view({2, 1, 5, 4, 6});
    const at::Tensor folded = foldedMask(mask, 2, 2);
    REQUIRE(folded.sizes() == at::IntArrayRef({2, 4, 2, 2, 3}));
    for (std::int64_t dy = 0; dy < 2; ++dy) {
        for (std::int64_t dx = 0; dx < 2; ++dx) {
            // latent 1 of 2 takes frame 3 of 5
            CHECK(folded[1][2 * dy + dx][1][1][2].item<float>() == mask[1][0][3][2 + dy][4 + dx].item<float>());
        }
    }
    CHECK_THROWS_AS(foldedMask(mask, 4, 2), base::Error);
    const at::Tensor inactive = at::zeros({2, 3, 2, 2, 3}), reactive = at::ones({2, 3, 2, 2, 3});
    const at::Tensor context = vaceContext(inactive, reactive, folded);
    REQUIRE(context.size(1) == 10);
    CHECK(context.narrow(1, 0, 3).sum().item<float>() == 0);
    CHECK(context.narrow(1, 3, 3).min().item<float>() == 1);
    CHECK(at::equal(context.narrow(1, 6, 4), folded));
}
