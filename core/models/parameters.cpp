#include "core/models/parameters.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <cmath>

namespace reelmend::models {

namespace {

bool endsWith(const std::string& text, const char* end)
{
    return text.ends_with(end);
}

} // namespace

std::int64_t countParameters(const VisitFunction& visit)
{
    std::int64_t count = 0;
    visit([&](const std::string&, at::Tensor&, at::IntArrayRef shape) {
        std::int64_t elements = 1;
        for (const std::int64_t size : shape) {
            elements *= size;
        }
        count += elements;
    });
    return count;
}

std::int64_t parameterBytes(const VisitFunction& visit)
{
    std::int64_t bytes = 0;
    visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        bytes += tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
    });
    return bytes;
}

void initialiseRandomly(const VisitFunction& visit, std::uint64_t seed, const at::TensorOptions& options)
{
    c10::AutoGradMode noGradient(false);
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
        at::Tensor value = at::empty(shape, at::kFloat);
        if (endsWith(name, "gamma") || (shape.size() == 1 && endsWith(name, "weight"))) {
            value.uniform_(0.8, 1.2, generator);
        } else if (shape.size() <= 1 || endsWith(name, "bias")) {
            value.uniform_(-0.1, 0.1, generator);
        } else {
            std::int64_t fanIn = 1;
            for (std::size_t i = 1; i < shape.size(); ++i) {
                fanIn *= shape[i];
            }
            const double bound = std::sqrt(3.0 / static_cast<double>(fanIn));
            value.uniform_(-bound, bound, generator);
        }
        // As loading leaves them: convolution weights in channels_last.
        const auto format = shape.size() == 5   ? at::MemoryFormat::ChannelsLast3d
                            : shape.size() == 4 ? at::MemoryFormat::ChannelsLast
                                                : at::MemoryFormat::Contiguous;
        tensor = value.to(options).contiguous(format);
    });
}

void setRequiresGrad(const VisitFunction& visit, bool trained)
{
    visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        if (tensor.defined()) {
            tensor.requires_grad_(trained);
        }
    });
}

void moveParameters(const VisitFunction& visit, const at::TensorOptions& options)
{
    c10::AutoGradMode noGradient(false);
    visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        if (tensor.defined()) {
            tensor = tensor.to(options);
        }
    });
}

} // namespace reelmend::models
