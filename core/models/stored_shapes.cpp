#include "core/models/stored_shapes.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/files.h"

namespace reelmend::models {

StoredShapes::StoredShapes(const WeightStore& store, StoredName storedName, Refusal refuse, std::int64_t largest)
    : store_(store)
    , storedName_(std::move(storedName))
    , refuse_(std::move(refuse))
    , largest_(largest)
{}

bool StoredShapes::has(const std::string& name) const
{
    return store_.find(storedName_(name)) != nullptr;
}

std::size_t StoredShapes::rank(const std::string& name) const
{
    const auto* place = store_.find(storedName_(name));
    return place ? place->tensor->shape.size() : 0;
}

int StoredShapes::size(const std::string& name, std::size_t axis) const
{
    const std::string stored = storedName_(name);
    const auto& sizes = shape(stored);
    if (axis >= sizes.size() || !fits(sizes[axis])) {
        throw oddShape(stored);
    }
    return static_cast<int>(sizes[axis]);
}

int StoredShapes::size(const std::string& name, std::size_t rank, std::size_t axis) const
{
    const std::string stored = storedName_(name);
    const auto& sizes = shape(stored);
    if (sizes.size() != rank || !std::all_of(sizes.begin(), sizes.end(), [&](auto size) { return fits(size); })) {
        throw oddShape(stored);
    }
    return static_cast<int>(sizes[axis]);
}

int StoredShapes::count(const std::string& before, const std::string& after, int most) const
{
    int n = 0;
    while (n < most && has(before + std::to_string(n) + after)) {
        ++n;
    }
    return n;
}

const std::vector<std::int64_t>& StoredShapes::shape(const std::string& stored) const
{
    const auto* place = store_.find(stored);
    if (!place) {
        throw refuse_("The tensor \"" + stored + "\" is missing.");
    }
    return place->tensor->shape;
}

base::Error StoredShapes::oddShape(const std::string& stored) const
{
    return refuse_("The tensor \"" + stored + "\" has a shape that no such model has.");
}

nlohmann::json configBeside(const WeightStore& store, const Refusal& refuse)
{
    const auto path = store.folder() / "config.json";
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
        return nullptr;
    }
    auto json = nlohmann::json::parse(base::readFile(path, 1 << 20), nullptr, false);
    if (!json.is_object()) {
        throw refuse("The config.json beside it is not a JSON object.");
    }
    return json;
}

} // namespace reelmend::models
