#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/variable.h>

#include "core/chopgrad/segment.h"
#include "core/chopgrad/sweep_parts.h"

namespace reelmend::chopgrad {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// What a recomputed group needs beside the tensors that autograd keeps for it.
struct GroupCall : torch::CustomClassHolder {
    const GroupChain* chain = nullptr;
    SweepScene* scene = nullptr;
    std::int64_t group = 0;
    std::size_t inputs = 0; // at the head of the list of tensors; the entering cache's slots follow, then parameters
    bool atStart = true, leavesAtStart = false;
    std::vector<bool> slotsIn, slotsOut; // which are defined
};
using GroupCallPointer = c10::intrusive_ptr<GroupCall>;

models::CausalCache cacheFrom(const std::vector<bool>& defined, bool atStart, const at::Tensor*& next)
{
    models::CausalCache cache;
    cache.atStart = atStart;
    for (const bool isDefined : defined) {
        cache.slots.push_back(isDefined ? *next++ : at::Tensor());
    }
    return cache;
}

// Gradient checkpointing of one group: its inputs and the cache that enters are kept, the rest is made again.
struct CheckpointedGroup : Function<CheckpointedGroup> {
    static variable_list forward(AutogradContext* context, GroupCallPointer call, at::TensorList tensors)
    {
        const std::vector<at::Tensor> inputs(tensors.begin(), tensors.begin() + static_cast<long>(call->inputs));
        const at::Tensor* next = tensors.begin() + call->inputs;
        ChainStep step = call->chain->run(call->group, inputs, cacheFrom(call->slotsIn, call->atStart, next));
        ++call->scene->counts.forwards;
        context->save_for_backward(tensors.vec());
        variable_list outputs{step.output};
        call->leavesAtStart = step.cache.atStart;
        for (const auto& slot : step.cache.slots) {
            call->slotsOut.push_back(slot.defined());
            if (slot.defined()) {
                outputs.push_back(slot);
            }
        }
        context->set_materialize_grads(false);
        context->saved_data["call"] = c10::IValue::make_capsule(std::move(call));
        return outputs;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const auto call = c10::static_intrusive_pointer_cast<GroupCall>(context->saved_data["call"].toCapsule());
        SweepScene& scene = *call->scene;
        scene.step(SweepStage::kBackward, call->group);
        models::CausalCache entering;
        {
            const auto saved = context->get_saved_variables();
            const at::Tensor* next = saved.data() + call->inputs;
            entering = cacheFrom(call->slotsIn, call->atStart, next);
        }
        Segment::Values values;
        const Segment segment(*call->chain, call->group, std::move(entering), true, scene.parameters, values);
        values = {};
        ++scene.counts.forwards;
        ++scene.counts.backwards;
        const at::Tensor* next = gradients.data() + 1;
        const auto cotangent = cacheFrom(call->slotsOut, false, next);
        Vjp found = segment.vjp(gradients[0], cotangent, {true, true, false});
        variable_list result{at::Tensor()}; // the call itself
        result.insert(result.end(), found.inputs.begin(), found.inputs.end());
        for (std::size_t slot = 0; slot < call->slotsIn.size(); ++slot) {
            if (call->slotsIn[slot]) {
                result.push_back(found.cache.slots[slot]);
            }
        }
        result.insert(result.end(), found.parameters.begin(), found.parameters.end());
        return result;
    }
};

ChainStep runCheckpointed(
    SweepScene& scene, std::int64_t group, const std::vector<at::Tensor>& inputs, const models::CausalCache& cache)
{
    auto call = c10::make_intrusive<GroupCall>();
    call->chain = &scene.chain;
    call->scene = &scene;
    call->group = group;
    call->inputs = inputs.size();
    call->atStart = cache.atStart;
    std::vector<at::Tensor> tensors = inputs;
    for (const auto& slot : cache.slots) {
        call->slotsIn.push_back(slot.defined());
        if (slot.defined()) {
            tensors.push_back(slot);
        }
    }
    tensors.insert(tensors.end(), scene.parameters.begin(), scene.parameters.end());
    const GroupCallPointer kept = call; // apply() takes the other one
    const variable_list outputs = CheckpointedGroup::apply(std::move(call), at::TensorList(tensors));
    const at::Tensor* next = outputs.data() + 1;
    return {outputs[0], cacheFrom(kept->slotsOut, kept->leavesAtStart, next)};
}

} // namespace

void sweepFull(SweepScene& scene, bool checkpoint)
{
    const std::int64_t groups = scene.chain.groups();
    std::vector<std::vector<at::Tensor>> leaves;
    std::vector<at::Tensor> outputs;
    {
        c10::AutoGradMode gradient(true);
        models::CausalCache cache = scene.entering;
        for (std::int64_t group = 0; group < groups; ++group) {
            scene.step(SweepStage::kValues, group);
            auto& inputs = leaves.emplace_back(scene.chain.inputs(group));
            for (auto& input : inputs) {
                input = input.detach().requires_grad_(true);
            }
            ChainStep step;
            if (checkpoint) {
                step = runCheckpointed(scene, group, inputs, cache);
            } else {
                step = scene.chain.run(group, inputs, std::move(cache));
                ++scene.counts.forwards;
                scene.counts.liveGraphs = group + 1;
            }
            cache = scene.chain.handsOn() ? std::move(step.cache) : models::CausalCache();
            outputs.push_back(std::move(step.output));
            scene.cotangents.seen(group, outputs.back().detach());
        }
    }
    scene.counts.liveGraphs = checkpoint ? 1 : groups;
    torch::autograd::edge_list roots, ends;
    variable_list cotangents;
    for (std::int64_t group = 0; group < groups; ++group) {
        const at::Tensor cotangent = scene.cotangents.of(0, group);
        auto& output = outputs[static_cast<std::size_t>(group)];
        if (cotangent.defined() && output.requires_grad()) {
            roots.push_back(torch::autograd::impl::gradient_edge(output));
            cotangents.push_back(cotangent);
        }
        output = at::Tensor();
    }
    const auto addEnd = [&](const at::Tensor& leaf) { ends.push_back(torch::autograd::impl::gradient_edge(leaf)); };
    for (const auto& inputs : leaves) {
        std::for_each(inputs.begin(), inputs.end(), addEnd);
    }
    std::for_each(scene.parameters.begin(), scene.parameters.end(), addEnd);
    variable_list found(ends.size());
    if (!roots.empty() && !ends.empty()) {
        scene.step(SweepStage::kBackward, groups - 1);
        found = torch::autograd::Engine::get_default_engine().execute(roots, cotangents, /*keep_graph=*/false,
            /*create_graph=*/false, /*accumulate_grad=*/false, ends);
    }
    scene.counts.backwards = groups;
    std::size_t next = 0;
    const std::vector<at::Tensor> parameters(found.end() - static_cast<long>(scene.parameters.size()), found.end());
    for (std::int64_t group = groups - 1; group >= 0; --group) {
        const auto& inputs = leaves[static_cast<std::size_t>(group)];
        next = 0;
        for (std::int64_t before = 0; before < group; ++before) {
            next += leaves[static_cast<std::size_t>(before)].size();
        }
        const auto begin = found.begin() + static_cast<long>(next);
        scene.sink.add(0, group, {begin, begin + static_cast<long>(inputs.size())},
            group == 0 ? parameters : std::vector<at::Tensor>(parameters.size()));
    }
}

} // namespace reelmend::chopgrad
