#include "core/models/lora.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/accumulate.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "core/base/error.h"

namespace reelmend::models {

namespace {

constexpr std::string_view kWeight = ".weight";

// A layer that computes with a matrix, by its weight's name and shape; empty for everything else.
std::string moduleOf(const std::string& name, at::IntArrayRef shape)
{
    return shape.size() >= 2 && name.ends_with(kWeight) ? name.substr(0, name.size() - kWeight.size())
                                                        : std::string();
}

bool isChosen(const std::string& module, const LoraSettings& settings)
{
    const auto has = [&](const std::string& word) { return module.find(word) != std::string::npos; };
    return (settings.modules.empty() || std::any_of(settings.modules.begin(), settings.modules.end(), has)) &&
           std::none_of(settings.leftOut.begin(), settings.leftOut.end(), has);
}

std::vector<std::int64_t> downShape(at::IntArrayRef weight, std::int64_t rank)
{
    std::vector<std::int64_t> shape = weight.vec();
    shape[0] = rank;
    return shape;
}

std::vector<std::int64_t> upShape(at::IntArrayRef weight, std::int64_t rank)
{
    std::vector<std::int64_t> shape(weight.size(), 1);
    shape[0] = weight[0];
    shape[1] = rank;
    return shape;
}

std::int64_t inputsOf(at::IntArrayRef weight)
{
    return c10::multiply_integers(weight.slice(1));
}

std::int64_t rankOf(at::IntArrayRef weight, const LoraSettings& settings)
{
    return std::min({settings.rank, weight[0], inputsOf(weight)});
}

LoraPair freshPair(
    const std::string& module, at::IntArrayRef weight, const LoraSettings& settings, const at::Generator& generator)
{
    const std::int64_t inputs = inputsOf(weight), rank = rankOf(weight, settings);
    // Kaiming's bound with a = sqrt(5), as the linear layers of PEFT begin.
    const double bound = 1 / std::sqrt(static_cast<double>(inputs));
    LoraPair pair;
    pair.module = module;
    pair.down = at::empty(downShape(weight, rank), at::kFloat).uniform_(-bound, bound, generator);
    pair.up = at::zeros(upShape(weight, rank), at::kFloat);
    // A rank that was cut keeps the scale that was asked for.
    pair.alpha = settings.alpha * static_cast<double>(rank) / static_cast<double>(settings.rank);
    return pair;
}

std::string listed(const std::vector<std::string>& names, std::size_t most)
{
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < most; ++i) {
        text += (i ? ", " : "") + names[i];
    }
    return names.size() > most ? text + ", …" : text;
}

} // namespace

void Lora::visit(const ParameterVisitor& visitor)
{
    for (LoraPair& pair : pairs) {
        const std::vector<std::int64_t> down = pair.down.sizes().vec(), up = pair.up.sizes().vec();
        visitor(pair.module + ".lora_A.weight", pair.down, down);
        visitor(pair.module + ".lora_B.weight", pair.up, up);
    }
}

Lora freshLora(const VisitFunction& network, const LoraSettings& settings, std::uint64_t seed)
{
    const at::NoGradGuard noGrad;
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    Lora lora;
    std::vector<std::string> there;
    network([&](const std::string& name, at::Tensor&, at::IntArrayRef shape) {
        if (const std::string module = moduleOf(name, shape); !module.empty()) {
            there.push_back(module);
            if (isChosen(module, settings)) {
                lora.pairs.push_back(freshPair(module, shape, settings, generator));
            }
        }
    });
    if (lora.pairs.empty()) {
        throw base::Error(base::ErrorKind::kUsage, "No adapter can be made.",
            "The network has no layer of the chosen names (" + listed(settings.modules, 8) + ").",
            "Choose from its layers: " + listed(there, 8) + ".");
    }
    return lora;
}

std::int64_t loraParameters(const std::string& weight, at::IntArrayRef shape, const LoraSettings& settings)
{
    const std::string module = moduleOf(weight, shape);
    return module.empty() || !isChosen(module, settings) ? 0 : rankOf(shape, settings) * (shape[0] + inputsOf(shape));
}

at::Tensor loraChange(const LoraPair& pair, at::IntArrayRef weightShape, double strength)
{
    const std::int64_t rank = pair.rank();
    const at::Tensor up = pair.up.reshape({-1, rank}).to(at::kFloat);
    const at::Tensor down = pair.down.reshape({rank, -1}).to(at::kFloat);
    return (at::matmul(up, down) * (strength * pair.alpha / static_cast<double>(rank))).view(weightShape);
}

ReplacedWeights applyLora(const VisitFunction& network, const Lora& lora, double strength)
{
    std::map<std::string, const LoraPair*> byName;
    for (const LoraPair& pair : lora.pairs) {
        byName[pair.module + std::string(kWeight)] = &pair;
    }
    ReplacedWeights replaced;
    network([&](const std::string& name, at::Tensor& weight, at::IntArrayRef) {
        const auto found = byName.find(name);
        if (found == byName.end()) {
            return;
        }
        const LoraPair& pair = *found->second;
        const std::int64_t rank = pair.rank();
        if (!weight.defined() || weight.dim() < 2 || pair.up.numel() != weight.size(0) * rank ||
            pair.down.numel() * weight.size(0) != weight.numel() * rank) {
            throw base::Error(base::ErrorKind::kUsage, "The adapter cannot be applied.",
                "Its layer " + pair.module + " has another size than the network's.",
                "Use it with the model that it was made for.");
        }
        const at::Tensor change = loraChange(pair, weight.sizes(), strength).to(weight.device());
        const at::Tensor sum = (weight.to(at::kFloat) + change).to(weight.scalar_type());
        replaced.emplace_back(name, weight);
        weight = sum.contiguous(weight.suggest_memory_format());
        byName.erase(found);
    });
    if (!byName.empty()) {
        unmergeLora(network, replaced);
        throw base::Error(base::ErrorKind::kUsage, "The adapter cannot be applied.",
            "The network has no layer " + byName.begin()->second->module + ".",
            "Use it with the model that it was made for.");
    }
    return replaced;
}

ReplacedWeights mergeLora(const VisitFunction& network, const Lora& lora, double strength)
{
    const at::NoGradGuard noGrad;
    return applyLora(network, lora, strength);
}

void unmergeLora(const VisitFunction& network, const ReplacedWeights& replaced)
{
    std::map<std::string, at::Tensor> byName(replaced.begin(), replaced.end());
    network([&](const std::string& name, at::Tensor& weight, at::IntArrayRef) {
        if (const auto found = byName.find(name); found != byName.end()) {
            weight = found->second;
        }
    });
}

} // namespace reelmend::models
