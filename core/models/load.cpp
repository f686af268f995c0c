#include "core/models/load.h"

#include <ATen/ATen.h>

#include <vector>

#include "core/base/error.h"

namespace reelmend::models {

namespace {

constexpr std::size_t kNamesInMessages = 6;

std::string listed(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kNamesInMessages; ++i) {
        text += (i == 0 ? "" : ", ") + names[i];
    }
    if (names.size() > kNamesInMessages) {
        text += " and " + std::to_string(names.size() - kNamesInMessages) + " more";
    }
    return text;
}

std::string shapeText(at::IntArrayRef shape)
{
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return text + "]";
}

StoredPiecesOf whole(const StoredName& storedName)
{
    return [&storedName](const std::string& name) {
        StoredPieces place;
        place.name = storedName(name);
        return place;
    };
}

} // namespace

void checkParameters(const VisitFunction& visit, const VisitFunction& alsoKnown, const WeightStore& store,
    const StoredName& storedName, const std::string& model)
{
    checkParameters(visit, alsoKnown, store, whole(storedName), model);
}

void checkParameters(const VisitFunction& visit, const VisitFunction& alsoKnown, const WeightStore& store,
    const StoredPiecesOf& storedPieces, const std::string& model)
{
    std::vector<std::string> missing, misshapen, unused;
    std::set<std::string> known;
    visit([&](const std::string& name, at::Tensor&, at::IntArrayRef own) {
        const StoredPieces pieces = storedPieces(name);
        const std::string& stored = pieces.name;
        if (!known.insert(stored).second) {
            return; // another parameter's part of the same tensor has been here
        }
        std::vector<std::int64_t> shape = own.vec();
        if (pieces.pieces > 1) {
            shape[0] = shape[0] / static_cast<std::int64_t>(pieces.taken.size()) * pieces.pieces;
        }
        const auto* place = store.find(stored);
        if (!place) {
            missing.push_back(stored);
        } else if (place->tensor->shape != shape) {
            misshapen.push_back(
                stored + " (" + shapeText(place->tensor->shape) + " instead of " + shapeText(shape) + ")");
        }
    });
    if (alsoKnown) {
        alsoKnown(
            [&](const std::string& name, at::Tensor&, at::IntArrayRef) { known.insert(storedPieces(name).name); });
    }
    for (const auto& [name, place] : store.places()) {
        if (!known.contains(name)) {
            unused.push_back(name);
        }
    }
    std::string why;
    const auto add = [&](const char* text, const std::vector<std::string>& names) {
        if (!names.empty()) {
            why += (why.empty() ? "" : " ") + std::string(text) + listed(names) + ".";
        }
    };
    add("Missing: ", missing);
    add("Of the wrong shape: ", misshapen);
    add("Not part of the model: ", unused);
    if (!why.empty()) {
        throw base::Error(base::ErrorKind::kInput,
            "The tensors in \"" + store.label() + "\" do not make " + model + ".", why,
            "Choose a checkpoint of this model, or download it again.");
    }
}

void loadParameters(
    const VisitFunction& visit, const WeightStore& store, const StoredName& storedName, const LoadOptions& options)
{
    loadParameters(visit, store, whole(storedName), options);
}

void loadParameters(const VisitFunction& visit, const WeightStore& store, const StoredPiecesOf& storedPieces,
    const LoadOptions& options)
{
    if (store.isList() && options.randomWhereListed) {
        initialiseRandomly(visit, 1, at::TensorOptions(options.device).dtype(options.dtype));
        return;
    }
    visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
        ReadOptions how;
        how.options = at::TensorOptions(options.device).dtype(options.dtype);
        how.refuseNonFinite = true;
        how.layout = shape.size() == 5   ? at::MemoryFormat::ChannelsLast3d
                     : shape.size() == 4 ? at::MemoryFormat::ChannelsLast
                                         : at::MemoryFormat::Contiguous;
        const StoredPieces pieces = storedPieces(name);
        tensor = store.read(pieces.name, how);
        if (pieces.pieces > 1) {
            const auto parts = tensor.chunk(pieces.pieces, 0);
            std::vector<at::Tensor> taken;
            for (const int index : pieces.taken) {
                taken.push_back(parts.at(static_cast<std::size_t>(index)));
            }
            tensor = at::cat(taken, 0);
        }
    });
}

} // namespace reelmend::models
