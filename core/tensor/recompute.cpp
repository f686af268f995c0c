#include "core/tensor/recompute.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace reelmend::tensor {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What backward needs beside tensors.
struct Recipe : torch::CustomClassHolder {
    TensorFunction f;
    std::vector<std::size_t> places; // of the defined tensors among the inputs
    std::size_t count = 0;           // of the inputs

    // `tracked`: the defined inputs; what follows them is captured by f, and only there to be tracked.
    std::vector<at::Tensor> run(at::TensorList tracked) const
    {
        std::vector<at::Tensor> inputs(count);
        for (std::size_t i = 0; i < places.size(); ++i) {
            inputs[places[i]] = tracked[i];
        }
        return f(inputs);
    }
};
using RecipePointer = c10::intrusive_ptr<Recipe>;

struct Recomputed : torch::autograd::Function<Recomputed> {
    static variable_list forward(AutogradContext* context, const RecipePointer& recipe, at::TensorList tracked)
    {
        context->save_for_backward(tracked.vec());
        context->saved_data["recipe"] = c10::IValue::make_capsule(recipe);
        const c10::AutoGradMode noGradient(false);
        return recipe->run(tracked);
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients)
    {
        const auto recipe = c10::static_intrusive_pointer_cast<Recipe>(context->saved_data["recipe"].toCapsule());
        const variable_list saved = context->get_saved_variables();
        variable_list leaves, wanted;
        for (const at::Tensor& tensor : saved) {
            // What f captured stays itself: autograd stops there because it is asked for.
            const bool isInput = leaves.size() < recipe->places.size();
            leaves.push_back(isInput ? tensor.detach().requires_grad_(tensor.requires_grad()) : tensor);
            if (tensor.requires_grad()) {
                wanted.push_back(leaves.back());
            }
        }
        const c10::AutoGradMode withGradient(true); // it is off inside a backward
        const std::vector<at::Tensor> outputs = recipe->run(leaves);
        variable_list ends, cotangents;
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            if (gradients[i].defined() && outputs[i].requires_grad()) {
                ends.push_back(outputs[i]);
                cotangents.push_back(gradients[i]);
            }
        }
        variable_list found;
        if (!ends.empty() && !wanted.empty()) {
            found = torch::autograd::grad(ends, wanted, cotangents, std::nullopt, false, true);
        }
        variable_list result(1 + saved.size()); // nothing for the recipe
        std::size_t next = 0;
        for (std::size_t i = 0; i < saved.size() && !found.empty(); ++i) {
            if (saved[i].requires_grad()) {
                result[1 + i] = found[next++];
            }
        }
        return result;
    }
};

} // namespace

std::vector<at::Tensor> recomputed(
    const TensorFunction& f, const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& captured)
{
    if (!c10::GradMode::is_enabled()) {
        return f(inputs);
    }
    auto recipe = c10::make_intrusive<Recipe>();
    recipe->f = f;
    recipe->count = inputs.size();
    std::vector<at::Tensor> tracked;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i].defined()) {
            recipe->places.push_back(i);
            tracked.push_back(inputs[i]);
        }
    }
    tracked.insert(tracked.end(), captured.begin(), captured.end());
    return Recomputed::apply(recipe, at::TensorList(tracked));
}

} // namespace reelmend::tensor
