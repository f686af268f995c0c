#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "core/models/parameters.h"

namespace reelmend::train {

// A network's frozen weights in host memory (pinned, for a CUDA device) while it has nothing to do, and on the device
// while it works. Nobody may write to them.
class WeightShelf {
public:
    // Takes the weights from wherever they lie; the network has none until bring(). It must outlive this.
    WeightShelf(models::VisitFunction network, c10::Device device);

    void bring(); // nothing where they are there already
    void park();  // what is on the device is given up

private:
    models::VisitFunction network_;
    c10::Device device_;
    std::vector<at::Tensor> host_; // in the network's order
    bool isThere_ = false;
};

} // namespace reelmend::train
