#include "core/tensor/cpu/norm_silu_cpu.h"

#include "core/tensor/cpu/row_math.h"

namespace reelmend::tensor::cpu {

namespace {

constexpr int kLanes = 16;
constexpr int kMaximumChannels = 4096; // of the row buffer on the stack; longer rows are read twice

// 1 / max(|x|_2, 1e-12) of one row, which is also left in `row` as numbers that are computed with. Sixteen running
// sums, so that the additions need no fixed order to be vectorised.
template <class T, class C> REELMEND_INLINE C reciprocalNorm(const T* x, int channels, bool& clamped)
{
    C sums[kLanes] = {};
    int c = 0;
    for (; c + kLanes <= channels; c += kLanes) {
        for (int j = 0; j < kLanes; ++j) {
            const C value = load(x[c + j]);
            sums[j] += value * value;
        }
    }
    for (; c < channels; ++c) {
        const C value = load(x[c]);
        sums[0] += value * value;
    }
    C total = 0;
    for (int j = 0; j < kLanes; ++j) {
        total += sums[j];
    }
    const C norm = std::sqrt(total);
    clamped = !(norm > C(1e-12));
    return C(1) / (clamped ? C(1e-12) : norm);
}

template <bool kSilu, class T, class C>
REELMEND_INLINE void forwardRows(const T* x, const C* gamma, T* y, std::int64_t rows, int channels)
{
    for (std::int64_t row = 0; row < rows; ++row, x += channels, y += channels) {
        bool clamped = false;
        const C scale = reciprocalNorm<T, C>(x, channels, clamped);
        for (int c = 0; c < channels; ++c) {
            const C value = load(x[c]) * scale * gamma[c];
            store(y[c], kSilu ? value / (C(1) + exponential(-value)) : value);
        }
    }
}

// With v = x r g (r = 1/|x|, g = gamma sqrt(C)), y = v s(v): dv = dy s (1 + v (1 - s)), u = dv g,
// dx = r (u - x r^2 sum(u x)); where the norm is clamped, r is a constant.
template <bool kSilu, class T, class C>
REELMEND_INLINE void backwardRows(
    const T* x, const C* gamma, const T* dy, T* dx, C* dgamma, std::int64_t rows, int channels)
{
    C u[kMaximumChannels];
    for (std::int64_t row = 0; row < rows; ++row, x += channels, dy += channels, dx += channels) {
        bool clamped = false;
        const C scale = reciprocalNorm<T, C>(x, channels, clamped);
        C sums[kLanes] = {};
        for (int c = 0; c < channels; ++c) {
            const C value = load(x[c]) * scale * gamma[c];
            C dv = load(dy[c]);
            if (kSilu) {
                const C sigmoid = C(1) / (C(1) + exponential(-value));
                dv *= sigmoid * (C(1) + value * (C(1) - sigmoid));
            }
            u[c] = dv;
        }
        if (dgamma) {
            for (int c = 0; c < channels; ++c) {
                dgamma[c] += u[c] * load(x[c]) * scale;
            }
        }
        int c = 0;
        for (; c + kLanes <= channels; c += kLanes) {
            for (int j = 0; j < kLanes; ++j) {
                u[c + j] *= gamma[c + j];
                sums[j] += u[c + j] * static_cast<C>(load(x[c + j]));
            }
        }
        for (; c < channels; ++c) {
            u[c] *= gamma[c];
            sums[0] += u[c] * static_cast<C>(load(x[c]));
        }
        C total = 0;
        for (int j = 0; j < kLanes; ++j) {
            total += sums[j];
        }
        const C along = clamped ? C(0) : total * scale * scale;
        for (c = 0; c < channels; ++c) {
            store(dx[c], scale * (u[c] - load(x[c]) * along));
        }
    }
}

} // namespace

#define REELMEND_ROWS(T, C)                                                                                          \
    REELMEND_CLONES void normSiluRows(const T* x, const C* gamma, T* y, std::int64_t rows, int channels, bool silu)  \
    {                                                                                                                \
        silu ? forwardRows<true>(x, gamma, y, rows, channels) : forwardRows<false>(x, gamma, y, rows, channels);     \
    }                                                                                                                \
    REELMEND_CLONES void normSiluRowsBackward(                                                                       \
        const T* x, const C* gamma, const T* dy, T* dx, C* dgamma, std::int64_t rows, int channels, bool silu)       \
    {                                                                                                                \
        silu ? backwardRows<true>(x, gamma, dy, dx, dgamma, rows, channels)                                          \
             : backwardRows<false>(x, gamma, dy, dx, dgamma, rows, channels);                                        \
    }

REELMEND_ROWS(float, float)
REELMEND_ROWS(double, double)
REELMEND_ROWS(std::uint16_t, float)

} // namespace reelmend::tensor::cpu
