#include "core/train/carry.h"

#include <ATen/ATen.h>

#include <map>
#include <string>

namespace reelmend::train {

void carry(at::Tensor& sum, const at::Tensor& tensor, const at::Tensor& gradient)
{
    if (gradient.defined() && tensor.requires_grad()) {
        const at::Tensor part = (tensor.to(at::kFloat) * gradient.to(at::kFloat)).sum();
        sum = sum.defined() ? sum + part : part;
    }
}

void carryParameters(
    at::Tensor& sum, models::CausalDecoder& decoder, const std::vector<chopgrad::NamedGradient>& gradients)
{
    std::map<std::string, at::Tensor> byName;
    for (const chopgrad::NamedGradient& gradient : gradients) {
        byName[gradient.name] = gradient.gradient;
    }
    decoder.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        if (const auto found = byName.find(name); found != byName.end()) {
            carry(sum, tensor, found->second);
        }
    });
}

} // namespace reelmend::train
