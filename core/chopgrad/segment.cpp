#include "core/chopgrad/segment.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/variable.h>

namespace reelmend::chopgrad {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Edge;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Note [Hand-offs without their values]
// The caches between groups hold half as much as what autograd saves for a group (Wan: 2364 against 4581 elements per
// pixel), and a leaf tensor that stands in a graph keeps its values alive. So the leaf is a tensor of the cache's
// shape that owns one element, this function puts the values in its place, and the values die as soon as the decoder
// has used them. On the other side a segment keeps the edges of its results, not the results.
struct HandOff : Function<HandOff> {
    static at::Tensor forward(AutogradContext*, const at::Tensor& leaf, const at::Tensor& value)
    {
        TORCH_CHECK(leaf.sizes() == value.sizes(), "hand-off of ", value.sizes(), " through ", leaf.sizes());
        return value.detach();
    }
    static variable_list backward(AutogradContext*, variable_list gradients) { return {gradients[0], at::Tensor()}; }
};

at::Tensor leafLike(const at::Tensor& value)
{
    return at::empty({1}, value.options()).expand(value.sizes()).detach().requires_grad_(true);
}

bool carriesGradient(const at::Tensor& tensor)
{
    return tensor.defined() && at::isFloatingType(tensor.scalar_type());
}

// Where a gradient ends; no function when the leaf was not used.
Edge endOf(const at::Tensor& leaf)
{
    return leaf.defined() ? Edge(torch::autograd::impl::try_get_grad_accumulator(leaf), 0) : Edge();
}

Edge startOf(const at::Tensor& result)
{
    return result.defined() && result.requires_grad() ? torch::autograd::impl::gradient_edge(result) : Edge();
}

} // namespace

struct Segment::Impl {
    std::int64_t group = 0;
    Edge output;
    std::vector<Edge> cacheOut; // per slot
    std::vector<Edge> inputs, parameters, cacheIn;
};

Segment::Segment(const GroupChain& chain, std::int64_t group, models::CausalCache entering, bool cacheGradient,
    const std::vector<at::Tensor>& parameters, Values& values)
    : impl_(std::make_unique<Impl>())
{
    impl_->group = group;
    c10::AutoGradMode gradient(true);
    std::vector<at::Tensor> inputs = chain.inputs(group);
    for (auto& input : inputs) {
        input = carriesGradient(input) ? input.detach().requires_grad_(true) : input;
    }
    std::vector<at::Tensor> cacheLeaves(entering.slots.size());
    for (std::size_t slot = 0; slot < entering.slots.size(); ++slot) {
        auto& value = entering.slots[slot];
        if (cacheGradient && carriesGradient(value)) {
            cacheLeaves[slot] = leafLike(value);
            value = HandOff::apply(cacheLeaves[slot], value.detach());
        } else if (value.defined()) {
            value = value.detach();
        }
    }
    ChainStep step = chain.run(group, inputs, std::move(entering));
    impl_->output = startOf(step.output);
    for (const auto& slot : step.cache.slots) {
        impl_->cacheOut.push_back(startOf(slot));
    }
    for (const auto& input : inputs) {
        impl_->inputs.push_back(endOf(input));
    }
    for (const auto& parameter : parameters) {
        // Leaves, or what a caller computed from leaves of his (folded or merged weights): the gradient ends there.
        impl_->parameters.push_back(torch::autograd::impl::gradient_edge(parameter));
    }
    for (const auto& leaf : cacheLeaves) {
        impl_->cacheIn.push_back(endOf(leaf));
    }
    values.output = step.output.detach();
    values.cache = models::detached(step.cache);
}

Segment::~Segment() = default;
Segment::Segment(Segment&&) noexcept = default;
Segment& Segment::operator=(Segment&&) noexcept = default;

std::int64_t Segment::group() const
{
    return impl_->group;
}

Vjp Segment::vjp(
    const at::Tensor& outputCotangent, const models::CausalCache& cacheCotangent, const VjpRequest& request) const
{
    torch::autograd::edge_list roots;
    variable_list cotangents;
    const auto addRoot = [&](const Edge& edge, const at::Tensor& cotangent) {
        if (edge.is_valid() && cotangent.defined()) {
            roots.push_back(edge);
            cotangents.push_back(cotangent);
        }
    };
    addRoot(impl_->output, outputCotangent);
    for (std::size_t slot = 0; slot < cacheCotangent.slots.size() && slot < impl_->cacheOut.size(); ++slot) {
        addRoot(impl_->cacheOut[slot], cacheCotangent.slots[slot]);
    }

    Vjp result;
    result.inputs.resize(impl_->inputs.size());
    result.parameters.resize(impl_->parameters.size());
    result.cache.atStart = false;
    result.cache.slots.resize(impl_->cacheIn.size());
    torch::autograd::edge_list ends;
    std::vector<at::Tensor*> places;
    const auto addEnds = [&](const std::vector<Edge>& edges, std::vector<at::Tensor>& into) {
        for (std::size_t i = 0; i < edges.size(); ++i) {
            if (edges[i].is_valid()) {
                ends.push_back(edges[i]);
                places.push_back(&into[i]);
            }
        }
    };
    if (request.inputs) {
        addEnds(impl_->inputs, result.inputs);
        addEnds(impl_->parameters, result.parameters);
    }
    if (request.cache) {
        addEnds(impl_->cacheIn, result.cache.slots);
    }
    if (roots.empty() || ends.empty()) {
        return result;
    }
    auto found = torch::autograd::Engine::get_default_engine().execute(
        roots, cotangents, request.keepGraph, /*create_graph=*/false, /*accumulate_grad=*/false, ends);
    for (std::size_t i = 0; i < found.size(); ++i) {
        *places[i] = std::move(found[i]);
    }
    return result;
}

} // namespace reelmend::chopgrad
