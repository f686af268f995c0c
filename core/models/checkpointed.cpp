#include "core/models/checkpointed.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

namespace reelmend::models {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct HeldBlock : torch::CustomClassHolder {
    Block block;
    std::int64_t inputs = 0; // of the tracked tensors, the first are inputs and the rest parameters

    HeldBlock(Block b, std::int64_t count)
        : block(std::move(b))
        , inputs(count)
    {}
};
using HeldBlockPointer = c10::intrusive_ptr<HeldBlock>;

// The tensors are handed over as at::TensorList: autograd does not see those in a std::vector.
struct Checkpointed : torch::autograd::Function<Checkpointed> {
    static variable_list forward(AutogradContext* context, const HeldBlockPointer& held, at::TensorList tracked)
    {
        context->saved_data["block"] = c10::IValue::make_capsule(held);
        context->save_for_backward(tracked.vec());
        const c10::AutoGradMode noGradient(false);
        const std::vector<at::Tensor> inputs = tracked.slice(0, static_cast<std::size_t>(held->inputs)).vec();
        return held->block(inputs);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const auto held = c10::static_intrusive_pointer_cast<HeldBlock>(context->saved_data["block"].toCapsule());
        const auto tracked = context->get_saved_variables();
        const auto count = static_cast<std::size_t>(held->inputs);
        const c10::AutoGradMode gradient(true); // off inside a backward
        std::vector<at::Tensor> inputs, asked;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < tracked.size(); ++i) {
            const bool isInput = i < count;
            // A parameter stays itself: the block captured it, and autograd stops there because it is asked for.
            at::Tensor leaf = isInput ? tracked[i].detach().requires_grad_(tracked[i].requires_grad()) : tracked[i];
            if (leaf.requires_grad()) {
                asked.push_back(leaf);
                places.push_back(i);
            }
            if (isInput) {
                inputs.push_back(std::move(leaf));
            }
        }
        variable_list found(tracked.size());
        std::vector<at::Tensor> outputs, given;
        const std::vector<at::Tensor> made = held->block(inputs);
        for (std::size_t i = 0; i < made.size(); ++i) {
            if (made[i].requires_grad() && gradients[i].defined()) {
                outputs.push_back(made[i]);
                given.push_back(gradients[i]);
            }
        }
        if (!outputs.empty() && !asked.empty()) {
            const auto parts = torch::autograd::grad(outputs, asked, given, std::nullopt, false, true);
            for (std::size_t i = 0; i < places.size(); ++i) {
                found[places[i]] = parts[i];
            }
        }
        found.insert(found.begin(), at::Tensor()); // of the block, which is no tensor
        return found;
    }
};

} // namespace

std::vector<at::Tensor> runCheckpointed(
    const Block& block, const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& parameters)
{
    if (!c10::GradMode::is_enabled()) {
        return block(inputs);
    }
    std::vector<at::Tensor> tracked = inputs;
    tracked.insert(tracked.end(), parameters.begin(), parameters.end());
    return Checkpointed::apply(
        c10::make_intrusive<HeldBlock>(block, static_cast<std::int64_t>(inputs.size())), at::TensorList(tracked));
}

} // namespace reelmend::models
