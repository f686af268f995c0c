#pragma once
#include <cstdint>

// CPU kernels of a group norm that is scaled and shifted per cell of a coarser grid, then SiLU. Plain pointers, rows
// of `channels` numbers that follow each other; bfloat16 as its bits.
namespace reelmend::tensor::cpu {

// Adds each channel's sum and sum of squares over `rows` rows to `sums` and `squares` (both [channels]).
void channelMoments(const float* x, std::int64_t rows, int channels, double* sums, double* squares);
void channelMoments(const double* x, std::int64_t rows, int channels, double* sums, double* squares);
void channelMoments(const std::uint16_t* x, std::int64_t rows, int channels, double* sums, double* squares);

// y = silu(x scale + shift) for one line of a picture: `cells` cells of `run` pixels each; scale and shift are
// [cells, channels].
void modulatedSilu(const float* x, const float* scale, const float* shift, float* y, std::int64_t cells,
    std::int64_t run, int channels);
void modulatedSilu(const double* x, const double* scale, const double* shift, double* y, std::int64_t cells,
    std::int64_t run, int channels);
void modulatedSilu(const std::uint16_t* x, const float* scale, const float* shift, std::uint16_t* y,
    std::int64_t cells, std::int64_t run, int channels);

// dx for dy, and what the line adds to the gradients of scale and shift: dscale and dshift [cells, channels] are set.
void modulatedSiluBackward(const float* x, const float* scale, const float* shift, const float* dy, float* dx,
    float* dscale, float* dshift, std::int64_t cells, std::int64_t run, int channels);
void modulatedSiluBackward(const double* x, const double* scale, const double* shift, const double* dy, double* dx,
    double* dscale, double* dshift, std::int64_t cells, std::int64_t run, int channels);
void modulatedSiluBackward(const std::uint16_t* x, const float* scale, const float* shift, const std::uint16_t* dy,
    std::uint16_t* dx, float* dscale, float* dshift, std::int64_t cells, std::int64_t run, int channels);

// dx += x slope + offset, both [channels].
void addAffine(const float* x, const float* slope, const float* offset, float* dx, std::int64_t rows, int channels);
void addAffine(
    const double* x, const double* slope, const double* offset, double* dx, std::int64_t rows, int channels);
void addAffine(const std::uint16_t* x, const float* slope, const float* offset, std::uint16_t* dx, std::int64_t rows,
    int channels);

// The transforms of a Winograd convolution F(2, 3) along time, over `count` numbers of each frame: the four
// differences of frames a, b, c, d (see Note [Two frames for four convolutions]), and two frames of their products.
void timeDifferences(const float* a, const float* b, const float* c, const float* d, float* out0, float* out1,
    float* out2, float* out3, std::int64_t count);
void timeOutputs(
    const float* m0, const float* m1, const float* m2, const float* m3, float* y0, float* y1, std::int64_t count);

} // namespace reelmend::tensor::cpu
