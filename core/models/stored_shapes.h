#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/error.h"
#include "core/models/load.h"

// What finding a network's config in its weights needs: names and shapes, and the config.json beside them.
namespace reelmend::models {

// The error of a family for one of its files, from the reason.
using Refusal = std::function<base::Error(std::string why)>;

// Shapes of a file under diffusers' names, whatever the file's own spelling is. Throws the refusal for a tensor that
// is missing, and for sizes below 1 or above `largest`.
class StoredShapes {
public:
    StoredShapes(const WeightStore& store, StoredName storedName, Refusal refuse, std::int64_t largest);

    bool has(const std::string& name) const;
    std::size_t rank(const std::string& name) const; // 0 where there is no such tensor
    // One size of a tensor, which must be there.
    int size(const std::string& name, std::size_t axis) const;
    // The same of a tensor of `rank` axes, all of them within bounds.
    int size(const std::string& name, std::size_t rank, std::size_t axis) const;
    // How many of before + N + after there are, counted from N = 0 up to `most`.
    int count(const std::string& before, const std::string& after, int most) const;

private:
    const std::vector<std::int64_t>& shape(const std::string& stored) const;
    bool fits(std::int64_t size) const { return size >= 1 && size <= largest_; }
    base::Error oddShape(const std::string& stored) const;

    const WeightStore& store_;
    StoredName storedName_;
    Refusal refuse_;
    std::int64_t largest_;
};

// The config.json beside the weights: an object, or null where there is none. Throws the refusal for one that is no
// JSON object.
nlohmann::json configBeside(const WeightStore& store, const Refusal& refuse);

} // namespace reelmend::models
