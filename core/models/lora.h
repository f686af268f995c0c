#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/models/parameters.h"

// Low-rank adapters (Hu et al., 2021, eq. 3): a weight W becomes W + (alpha / rank) B A. They fit any network that
// lets itself be visited by name; linear layers and convolutions are told by their weight having two dimensions or
// more.
namespace reelmend::models {

struct LoraSettings {
    std::int64_t rank = 16; // at most the smaller side of the weight, which then gets its full rank
    double alpha = 16;      // strength: the product is scaled by alpha / rank
    // Which modules: any whose name contains one of these words ("attn", "to_q", "decoder"). Empty = every linear
    // layer and convolution.
    std::vector<std::string> modules;
    std::vector<std::string> leftOut; // and whose name contains none of these

    bool operator==(const LoraSettings&) const = default;
};

// The adapter of one module. For a weight [out, in, k...]: A is [rank, in, k...], B is [out, rank, 1...].
struct LoraPair {
    std::string module; // the weight's name in the network without ".weight"
    at::Tensor down;    // A
    at::Tensor up;      // B
    double alpha = 1;

    std::int64_t rank() const { return down.size(0); }
};

struct Lora {
    std::vector<LoraPair> pairs; // in the network's order

    // A and B as float32 parameters, by PEFT's names: "MODULE.lora_A.weight", "MODULE.lora_B.weight".
    void visit(const ParameterVisitor& visitor);
};

// Adapters for the chosen modules of a network, loaded or not: A random, B zero, so that nothing changes yet. Throws
// base::Error(kUsage) when no module has a chosen name, and lists some that are there.
Lora freshLora(const VisitFunction& network, const LoraSettings& settings, std::uint64_t seed);

// How many parameters freshLora() gives a layer, told by its weight's name and shape; 0 where it leaves it alone.
std::int64_t loraParameters(const std::string& weight, at::IntArrayRef shape, const LoraSettings& settings);

// strength (alpha / rank) B A in the weight's shape, in float32; differentiable.
at::Tensor loraChange(const LoraPair& pair, at::IntArrayRef weightShape, double strength = 1);

// Puts W + change in the place of every adapted weight, in W's dtype, on W's device; differentiable with respect to
// W, A and B. The tensors themselves are not written to: whoever holds the old ones keeps them. Returns the old ones
// by name of the parameter. Throws base::Error(kUsage) when the network lacks a module or its shape does not fit.
using ReplacedWeights = std::vector<std::pair<std::string, at::Tensor>>;
ReplacedWeights applyLora(const VisitFunction& network, const Lora& lora, double strength = 1);

// applyLora() without gradient, for a run.
ReplacedWeights mergeLora(const VisitFunction& network, const Lora& lora, double strength = 1);
// Puts back what mergeLora() took away: bit for bit what it was.
void unmergeLora(const VisitFunction& network, const ReplacedWeights& replaced);

} // namespace reelmend::models
