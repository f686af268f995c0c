#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>

#include "core/tensor/time_shift.h"

using namespace reelmend;

TEST_CASE("the first channels come from the frame before, with and without a gradient")
{
    at::manual_seed(3);
    for (const auto type : {at::kFloat, at::kBFloat16, at::kDouble}) {
        for (const std::int64_t frames : {1, 4}) {
            for (const std::int64_t shifted : {1, 5, 7}) {
                CAPTURE(frames);
                CAPTURE(shifted);
                const at::Tensor x = at::randn({2 * frames, 7, 33, 65}, at::kFloat)
                                         .to(type)
                                         .contiguous(at::MemoryFormat::ChannelsLast);
                const at::Tensor before = at::randn({2, shifted, 33, 65}, at::kFloat).to(type);
                at::Tensor expected = x.clone();
                for (std::int64_t i = 0; i < 2 * frames; ++i) {
                    expected.select(0, i)
                        .narrow(0, 0, shifted)
                        .copy_(i % frames == 0 ? before.select(0, i / frames)
                                               : x.select(0, i - 1).narrow(0, 0, shifted));
                }
                const at::Tensor made = tensor::shiftedInTime(x, before, frames);
                CHECK(made.equal(expected));
                CHECK(made.is_contiguous(at::MemoryFormat::ChannelsLast));
                const at::Tensor leaf = x.clone().requires_grad_(true);
                const at::Tensor recorded = tensor::shiftedInTime(leaf, before, frames);
                CHECK(recorded.requires_grad());
                CHECK(recorded.equal(expected));
            }
        }
    }
}
