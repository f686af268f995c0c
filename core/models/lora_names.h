#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/models/lora_file.h"
#include "core/models/parameters.h"

// How adapter files call the layers of a network. Internal.
namespace reelmend::models {

// What a tensor's name in an adapter file says.
struct LoraKey {
    enum class Part { kDown, kUp, kAlpha };
    std::string layer; // as the file calls it, with its prefix
    Part part = Part::kDown;
};
std::optional<LoraKey> loraKey(const std::string& name); // none for what is no adapter's

// The network's layers by every name that a file may have for them.
class LoraLayers {
public:
    explicit LoraLayers(const VisitFunction& network);

    // The network's name, or none.
    std::string find(std::string_view layer) const;

    const std::vector<std::int64_t>& shape(const std::string& module) const { return shapes_.at(module); }
    const std::vector<std::string>& order() const { return order_; } // the network's

private:
    std::map<std::string, std::string> byName_;
    std::map<std::string, std::vector<std::int64_t>> shapes_; // of the weights
    std::vector<std::string> order_;
};

// What a file of that dialect calls a layer, with its prefix. `isWan`: the layer is Wan's, which kohya's tools and
// ComfyUI call by the names of Wan's own release.
std::string storedLayerName(const std::string& module, LoraDialect dialect, bool isWan);

} // namespace reelmend::models
