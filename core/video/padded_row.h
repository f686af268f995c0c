#pragma once
#include <cstddef>
#include <vector>

namespace reelmend::video::detail {

// A row of floats with its first and last value repeated outside, so that filters need no special case there.
class PaddedRow {
public:
    explicit PaddedRow(int count)
        : count_(count)
        , values_(static_cast<std::size_t>(count) + 2 * kPad)
    {}

    float* data() { return values_.data() + kPad; }
    const float* data() const { return values_.data() + kPad; }
    int count() const { return count_; }
    void repeatEdges()
    {
        for (int i = 0; i < kPad; ++i) {
            data()[-1 - i] = data()[0];
            data()[count_ + i] = data()[count_ - 1];
        }
    }

private:
    static constexpr int kPad = 8; // the widest filter, of 4:1:1, reaches 3 to the left and 6 beyond an odd width

    int count_;
    std::vector<float> values_;
};

} // namespace reelmend::video::detail
