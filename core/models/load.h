#pragma once
#include <c10/core/Device.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/models/parameters.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

struct LoadOptions {
    at::ScalarType dtype = at::kFloat;
    c10::Device device = c10::Device(c10::kCPU);
    bool encoder = true; // which parts of an autoencoder
    bool decoder = true;
    // A list of tensors (tensor_list.h) is loaded as random numbers, for costs without a download; else it is an
    // error.
    bool randomWhereListed = false;
    // For networks that serve several tasks (lite): the row of their condition tables, and the detail dial in [0, 1].
    std::int64_t condition = 2; // LiteCondition::kRestore
    double detail = 0.5;
    // Wan's autoencoder: with Mirage's convolution over the frames' own features, at zero where the file has none.
    bool fusesFrames = false;
};

using StoredName = std::function<std::string(const std::string& diffusersName)>;

// Where a parameter lies in a file that joins some of them: in a tensor, or in these of its `pieces` equal parts
// along rows, one after another.
struct StoredPieces {
    std::string name;
    int pieces = 1;
    std::vector<int> taken = {0};
};
using StoredPiecesOf = std::function<StoredPieces(const std::string& diffusersName)>;

// Compares names and shapes before a byte of data is read: everything `visit` asks for must be there in its shape,
// and everything in the file must be asked for by `visit` or `alsoKnown` (parts that are left out on purpose; may be
// null). Throws base::Error(kInput) that lists the missing, the unused and the misshapen tensors.
void checkParameters(const VisitFunction& visit, const VisitFunction& alsoKnown, const WeightStore& store,
    const StoredName& storedName, const std::string& model);
void checkParameters(const VisitFunction& visit, const VisitFunction& alsoKnown, const WeightStore& store,
    const StoredPiecesOf& storedPieces, const std::string& model);

// Fills the parameters, one tensor after another, cast to dtype and device while reading, convolution weights in
// channels_last(_3d). Not finite: base::Error(kInput) that names the tensor. Peak memory stays within a few MB of the
// loaded size.
void loadParameters(
    const VisitFunction& visit, const WeightStore& store, const StoredName& storedName, const LoadOptions& options);
void loadParameters(const VisitFunction& visit, const WeightStore& store, const StoredPiecesOf& storedPieces,
    const LoadOptions& options);

} // namespace reelmend::models
