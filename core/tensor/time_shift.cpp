#include "core/tensor/time_shift.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#include "core/tensor/convolve.h"

namespace reelmend::tensor {

namespace {

constexpr auto kLast = at::MemoryFormat::ChannelsLast;

at::Tensor joined(const at::Tensor& x, const at::Tensor& before, std::int64_t frames)
{
    const auto sizes = x.sizes();
    const std::int64_t shifted = before.size(1);
    const at::Tensor head = x.view({sizes[0] / frames, frames, sizes[1], sizes[2], sizes[3]}).narrow(2, 0, shifted);
    const at::Tensor past =
        frames == 1 ? before.unsqueeze(1) : at::cat({before.unsqueeze(1), head.narrow(1, 0, frames - 1)}, 1);
    const at::Tensor flat = past.reshape({sizes[0], shifted, sizes[2], sizes[3]}).contiguous(kLast);
    return at::cat({flat, x.narrow(1, shifted, sizes[1] - shifted)}, 1);
}

} // namespace

at::Tensor shiftedInTime(const at::Tensor& x, const at::Tensor& before, std::int64_t frames)
{
    TORCH_CHECK(x.dim() == 4 && before.dim() == 4 && x.size(0) == before.size(0) * frames &&
                    before.size(1) <= x.size(1) && before.size(2) == x.size(2) && before.size(3) == x.size(3) &&
                    before.scalar_type() == x.scalar_type(),
        "time shift: ", before.sizes(), " before ", x.sizes(), " of ", frames, " frames");
    if (records({x, before}) || !x.is_cpu() || !x.is_contiguous(kLast)) {
        return joined(x, before, frames);
    }
    const at::Tensor past = before.contiguous(kLast), result = at::empty_like(x, x.options(), kLast);
    const auto element = static_cast<std::int64_t>(x.element_size());
    const std::int64_t pixels = x.size(2) * x.size(3), all = x.size(1) * element, moved = before.size(1) * element;
    const auto* from = static_cast<const char*>(x.const_data_ptr());
    const auto* first = static_cast<const char*>(past.const_data_ptr());
    auto* to = static_cast<char*>(result.data_ptr());
    const std::int64_t grain = std::max<std::int64_t>(1, 32768 / all);
    at::parallel_for(0, x.size(0) * pixels, grain, [&](std::int64_t begin, std::int64_t end) {
        while (begin < end) {
            const std::int64_t image = begin / pixels, pixel = begin % pixels;
            const std::int64_t count = std::min(end - begin, pixels - pixel);
            const bool isFirst = image % frames == 0;
            const char* head =
                isFirst ? first + (image / frames * pixels + pixel) * moved : from + (begin - pixels) * all;
            const std::int64_t step = isFirst ? moved : all;
            const char* rest = from + begin * all;
            char* out = to + begin * all;
            for (std::int64_t i = 0; i < count; ++i, head += step, rest += all, out += all) {
                std::memcpy(out, head, static_cast<std::size_t>(moved));
                std::memcpy(out + moved, rest + moved, static_cast<std::size_t>(all - moved));
            }
            begin += count;
        }
    });
    return result;
}

} // namespace reelmend::tensor
