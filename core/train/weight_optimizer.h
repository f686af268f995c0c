#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/models/parameters.h"
#include "core/models/safetensors.h"
#include "core/train/optimizer.h"

namespace reelmend::train {

// What a training needs of an optimizer: steps over named float32 tensors, and its state as named tensors.
class WeightOptimizer {
public:
    struct Trained {
        std::string name;
        at::Tensor parameter;
        at::Tensor average; // undefined where none is kept
    };

    virtual ~WeightOptimizer() = default;

    virtual std::vector<Trained> trained() const = 0; // handles: writing to them changes the training
    virtual void zeroGradients() = 0;
    virtual double gradientNorm() const = 0; // of all together, before clipping; not finite when one is not
    virtual void step(double learningRate, double norm) = 0;

    // Everything but the weights and their averages; bytes of it.
    virtual models::NamedTensors state() const = 0;
    // Takes state() back: `read` gives the tensor of a name, of that shape and dtype, or throws.
    using ReadTensor = std::function<at::Tensor(const std::string& name, const at::Tensor& like)>;
    virtual void setState(const ReadTensor& read, std::int64_t steps) = 0;
    virtual std::int64_t steps() const = 0;

    std::int64_t stateBytes() const;
};

// AdamW with float32 states (optimizer.h), 8 bytes for every weight.
std::unique_ptr<WeightOptimizer> makeAdamW(const models::VisitFunction& visit, const AdamWSettings& settings);

// AdamW whose two states are kept in 8 bits (Dettmers et al., 2021): blocks of 256 values, each with its largest
// magnitude in float32, and a dynamic code of 256 numbers (signed for the first moment; for the second its square
// root is coded, so that small values do not become zero under a division). 2.03 bytes for every weight; tensors of
// fewer than 4096 weights keep float32.
std::unique_ptr<WeightOptimizer> makeBlockwiseAdamW(
    const models::VisitFunction& visit, const AdamWSettings& settings);

// The numbers of the code, ascending: 256 in [-1, 1], or in [0, 1] without sign.
at::Tensor dynamicCode(bool isSigned);

} // namespace reelmend::train
