#pragma once
#include <memory>

namespace reelmend::tensor {

// Counts the arithmetic of the convolutions and matrix products that run on this thread while it lives, from
// LibTorch's own record of calls. A multiply-add counts as two.
class FlopCounter {
public:
    FlopCounter();
    ~FlopCounter();
    FlopCounter(const FlopCounter&) = delete;
    FlopCounter& operator=(const FlopCounter&) = delete;

    double flops() const;          // without attention scores
    double attentionFlops() const; // of scaled_dot_product_attention

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace reelmend::tensor
