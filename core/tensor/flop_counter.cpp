// LibTorch's libraries are built with NDEBUG, and at::RecordFunction has other members without it: this file is
// compiled with NDEBUG too (CMakeLists.txt).
#include "core/tensor/flop_counter.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <cstring>

namespace reelmend::tensor {

namespace {

double product(at::IntArrayRef sizes)
{
    double result = 1;
    for (const std::int64_t size : sizes) {
        result *= static_cast<double>(size);
    }
    return result;
}

struct Counts {
    double flops = 0, attention = 0;
    int inside = 0; // convolutions that are running
};

bool isConvolution(const at::RecordFunction& call)
{
    return std::strcmp(call.name(), "aten::convolution") == 0;
}

void add(Counts& counts, const at::RecordFunction& call)
{
    const char* name = call.name();
    const auto is = [&](const char* other) { return std::strcmp(name, other) == 0; };
    // oneDNN's is also what LibTorch calls inside its own: counted where it was asked for by name.
    const bool direct = is("aten::mkldnn_convolution") && counts.inside == 0;
    if (is("aten::convolution") || direct) {
        const auto inputs = call.inputs();
        const at::Tensor x = inputs[0].toTensor(), weight = inputs[1].toTensor();
        const auto stride = inputs[direct ? 4 : 3].toIntVector(), padding = inputs[direct ? 3 : 4].toIntVector();
        double positions = static_cast<double>(x.size(0));
        const auto of = [](const std::vector<std::int64_t>& list,
                            std::int64_t axis) { // one entry stands for all axes
            return list.size() == 1 ? list[0] : list[static_cast<std::size_t>(axis) - 2];
        };
        for (std::int64_t axis = 2; axis < x.dim(); ++axis) {
            const std::int64_t room = x.size(axis) + 2 * of(padding, axis) - weight.size(axis);
            positions *= static_cast<double>(room / of(stride, axis) + 1);
        }
        counts.flops += 2 * positions * product(weight.sizes());
    } else if (is("aten::addmm") || is("aten::mm") || is("aten::bmm")) {
        const auto inputs = call.inputs();
        const std::size_t first = is("aten::addmm") ? 1 : 0;
        const at::Tensor a = inputs[first].toTensor(), b = inputs[first + 1].toTensor();
        counts.flops += 2 * product(a.sizes()) * static_cast<double>(b.size(-1));
    } else if (is("aten::scaled_dot_product_attention")) {
        const auto inputs = call.inputs();
        const at::Tensor query = inputs[0].toTensor(), key = inputs[1].toTensor();
        counts.attention += 4 * product(query.sizes()) * static_cast<double>(key.size(-2));
    }
}

// The callback is a plain function: what it counts into is found through the thread that it runs on.
Counts*& active()
{
    static thread_local Counts* counts = nullptr;
    return counts;
}

} // namespace

struct FlopCounter::Impl {
    Counts counts;
    Counts* outer = nullptr;
    at::CallbackHandle handle = 0;
};

FlopCounter::FlopCounter()
    : impl_(std::make_unique<Impl>())
{
    impl_->outer = std::exchange(active(), &impl_->counts);
    impl_->handle = at::addThreadLocalCallback(at::RecordFunctionCallback(
        [](const at::RecordFunction& call) -> std::unique_ptr<at::ObserverContext> {
            if (active()) {
                add(*active(), call);
                active()->inside += isConvolution(call) ? 1 : 0;
            }
            return nullptr;
        },
        [](const at::RecordFunction& call, at::ObserverContext*) {
            if (active()) {
                active()->inside -= isConvolution(call) ? 1 : 0;
            }
        })
                                                   .needsInputs(true)
                                                   .scopes({at::RecordScope::FUNCTION}));
}

FlopCounter::~FlopCounter()
{
    at::removeCallback(impl_->handle);
    active() = impl_->outer;
}

double FlopCounter::flops() const
{
    return impl_->counts.flops;
}

double FlopCounter::attentionFlops() const
{
    return impl_->counts.attention;
}

} // namespace reelmend::tensor
