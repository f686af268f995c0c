#include "core/models/lite_adapters.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <charconv>
#include <string_view>

namespace reelmend::models {

namespace {

constexpr std::string_view kStart = "adapter.", kWeight = ".weight";
constexpr std::string_view kDown = ".lora_A.weight", kUp = ".lora_B.weight";

// The conditions that the file has tensors for; -1 among them for a name that tells none.
std::set<std::int64_t> conditionsOf(const SafetensorsFile& file, const std::string& start)
{
    std::set<std::int64_t> found;
    for (const StoredTensor& stored : file.header().tensors) {
        if (stored.name.starts_with(start)) {
            std::int64_t condition = -1;
            const char* end = stored.name.data() + stored.name.size();
            const auto [after, error] = std::from_chars(stored.name.data() + start.size(), end, condition);
            found.insert(error == std::errc() && after < end && *after == '.' ? condition : -1);
        }
    }
    return found;
}

// Whether A and B belong to a layer of this shape.
bool fits(const StoredTensor& down, const StoredTensor& up, at::IntArrayRef weight)
{
    if (down.shape.size() != weight.size() || up.shape.size() != weight.size() || up.shape[0] != weight[0] ||
        up.shape[1] != down.shape[0] || down.shape[0] < 1 || down.shape[0] > weight[0]) {
        return false;
    }
    for (std::size_t i = 1; i < weight.size(); ++i) {
        if (down.shape[i] != weight[i] || (i > 1 && up.shape[i] != 1)) {
            return false;
        }
    }
    return true;
}

} // namespace

std::string loadAdapters(
    const SafetensorsFile& file, const std::string& prefix, LiteWeights& weights, std::set<std::string>& used)
{
    ReadOptions how;
    how.options = at::TensorOptions(at::kFloat);
    how.refuseNonFinite = true;
    std::string wrong;
    for (const std::int64_t condition : conditionsOf(file, prefix + std::string(kStart))) {
        if (condition < 0 || condition >= weights.config.conditions) {
            return "It has an adapter for a task that the network does not know.";
        }
        const std::string start = prefix + std::string(kStart) + std::to_string(condition) + ".";
        Lora lora;
        weights.visit([&](const std::string& name, at::Tensor&, at::IntArrayRef shape) {
            if (!name.ends_with(kWeight) || shape.size() < 2) {
                return;
            }
            const std::string module = name.substr(0, name.size() - kWeight.size());
            const std::string downName = start + module + std::string(kDown),
                              upName = start + module + std::string(kUp);
            const StoredTensor *down = file.find(downName), *up = file.find(upName);
            if (!down && !up) {
                return;
            }
            if (!down || !up || !fits(*down, *up, shape)) {
                wrong = "The adapter of " + module + " is not whole or of another size.";
                return;
            }
            used.insert({downName, upName});
            LoraPair pair{module, file.read(*down, how), file.read(*up, how), 1};
            pair.alpha = static_cast<double>(pair.rank());
            lora.pairs.push_back(std::move(pair));
        });
        weights.adapters[condition] = std::move(lora);
    }
    return wrong;
}

NamedTensors namedAdapters(const LiteWeights& weights, at::ScalarType dtype)
{
    NamedTensors tensors;
    for (const auto& [condition, lora] : weights.adapters) {
        for (const LoraPair& pair : lora.pairs) {
            const std::string name = std::string(kStart) + std::to_string(condition) + "." + pair.module;
            const double scale = pair.alpha / static_cast<double>(pair.rank());
            tensors.emplace_back(name + std::string(kDown), pair.down.detach().to(dtype));
            tensors.emplace_back(name + std::string(kUp), (pair.up.detach() * scale).to(dtype));
        }
    }
    return tensors;
}

LiteWeights withAdapter(
    const LiteWeights& base, std::int64_t condition, const std::map<std::string, at::Tensor>& trained)
{
    const at::NoGradGuard noGrad;
    LiteWeights result = base;
    Lora lora;
    result.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        if (const auto film = trained.find(name); film != trained.end() && name.ends_with(".film")) {
            tensor = tensor.clone();
            tensor.select(0, condition).copy_(film->second.select(0, condition));
        }
        if (!name.ends_with(kWeight)) {
            return;
        }
        const std::string module = name.substr(0, name.size() - kWeight.size());
        const auto down = trained.find(module + std::string(kDown)), up = trained.find(module + std::string(kUp));
        if (down != trained.end() && up != trained.end()) {
            lora.pairs.push_back(
                {module, down->second.detach(), up->second.detach(), static_cast<double>(down->second.size(0))});
        }
    });
    if (!lora.pairs.empty()) {
        result.adapters[condition] = std::move(lora);
    }
    return result;
}

} // namespace reelmend::models
