#include "core/tensor/cpu/group_norm_cpu.h"

#include "core/tensor/cpu/row_math.h"

namespace reelmend::tensor::cpu {

namespace {

template <class T>
REELMEND_INLINE void moments(
    const T* __restrict x, std::int64_t rows, int channels, double* __restrict sums, double* __restrict squares)
{
    for (std::int64_t row = 0; row < rows; ++row, x += channels) {
        for (int c = 0; c < channels; ++c) {
            const double value = load(x[c]);
            sums[c] += value;
            squares[c] += value * value;
        }
    }
}

template <class T, class C>
REELMEND_INLINE void modulate(const T* __restrict x, const C* __restrict scale, const C* __restrict shift,
    T* __restrict y, std::int64_t cells, std::int64_t run, int channels)
{
    for (std::int64_t cell = 0; cell < cells; ++cell, scale += channels, shift += channels) {
        for (std::int64_t pixel = 0; pixel < run; ++pixel, x += channels, y += channels) {
            for (int c = 0; c < channels; ++c) {
                const C value = load(x[c]) * scale[c] + shift[c];
                store(y[c], value / (C(1) + exponential(-value)));
            }
        }
    }
}

template <class T, class C>
REELMEND_INLINE void modulateBackward(const T* __restrict x, const C* __restrict scale, const C* __restrict shift,
    const T* __restrict dy, T* __restrict dx, C* __restrict dscale, C* __restrict dshift, std::int64_t cells,
    std::int64_t run, int channels)
{
    for (std::int64_t cell = 0; cell < cells; ++cell) {
        for (int c = 0; c < channels; ++c) {
            dscale[c] = dshift[c] = 0;
        }
        for (std::int64_t pixel = 0; pixel < run; ++pixel, x += channels, dy += channels, dx += channels) {
            for (int c = 0; c < channels; ++c) {
                const C in = load(x[c]), value = in * scale[c] + shift[c];
                const C sigmoid = C(1) / (C(1) + exponential(-value));
                const C arriving = load(dy[c]) * sigmoid * (C(1) + value * (C(1) - sigmoid));
                store(dx[c], arriving * scale[c]);
                dscale[c] += arriving * in;
                dshift[c] += arriving;
            }
        }
        scale += channels;
        shift += channels;
        dscale += channels;
        dshift += channels;
    }
}

template <class T, class C>
REELMEND_INLINE void affine(const T* __restrict x, const C* __restrict slope, const C* __restrict offset,
    T* __restrict dx, std::int64_t rows, int channels)
{
    for (std::int64_t row = 0; row < rows; ++row, x += channels, dx += channels) {
        for (int c = 0; c < channels; ++c) {
            store(dx[c], load(dx[c]) + load(x[c]) * slope[c] + offset[c]);
        }
    }
}

} // namespace

#define REELMEND_KERNELS(T, C)                                                                                       \
    REELMEND_CLONES void channelMoments(const T* x, std::int64_t rows, int channels, double* sums, double* squares)  \
    {                                                                                                                \
        moments(x, rows, channels, sums, squares);                                                                   \
    }                                                                                                                \
    REELMEND_CLONES void modulatedSilu(                                                                              \
        const T* x, const C* scale, const C* shift, T* y, std::int64_t cells, std::int64_t run, int channels)        \
    {                                                                                                                \
        modulate(x, scale, shift, y, cells, run, channels);                                                          \
    }                                                                                                                \
    REELMEND_CLONES void modulatedSiluBackward(const T* x, const C* scale, const C* shift, const T* dy, T* dx,       \
        C* dscale, C* dshift, std::int64_t cells, std::int64_t run, int channels)                                    \
    {                                                                                                                \
        modulateBackward(x, scale, shift, dy, dx, dscale, dshift, cells, run, channels);                             \
    }                                                                                                                \
    REELMEND_CLONES void addAffine(                                                                                  \
        const T* x, const C* slope, const C* offset, T* dx, std::int64_t rows, int channels)                         \
    {                                                                                                                \
        affine(x, slope, offset, dx, rows, channels);                                                                \
    }

REELMEND_KERNELS(float, float)
REELMEND_KERNELS(double, double)
REELMEND_KERNELS(std::uint16_t, float)

REELMEND_CLONES void timeDifferences(const float* __restrict a, const float* __restrict b, const float* __restrict c,
    const float* __restrict d, float* __restrict out0, float* __restrict out1, float* __restrict out2,
    float* __restrict out3, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i) {
        out0[i] = a[i] - c[i];
        out1[i] = b[i] + c[i];
        out2[i] = c[i] - b[i];
        out3[i] = b[i] - d[i];
    }
}

REELMEND_CLONES void timeOutputs(const float* __restrict m0, const float* __restrict m1, const float* __restrict m2,
    const float* __restrict m3, float* __restrict y0, float* __restrict y1, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i) {
        y0[i] = m0[i] + m1[i] + m2[i];
        y1[i] = m1[i] - m2[i] - m3[i];
    }
}

} // namespace reelmend::tensor::cpu
