#pragma once
#include <cstdint>

// CPU kernels of norm + SiLU, the reference for the CUDA ones. Plain pointers: no LibTorch header is needed to
// vectorise them. Each works on `rows` rows of `channels` elements that follow each other.
namespace reelmend::tensor::cpu {

// gamma already holds gamma * sqrt(channels).
void normSiluRows(const float* x, const float* gamma, float* y, std::int64_t rows, int channels, bool silu);
void normSiluRows(const double* x, const double* gamma, double* y, std::int64_t rows, int channels, bool silu);
// bfloat16 as its bits.
void normSiluRows(
    const std::uint16_t* x, const float* gamma, std::uint16_t* y, std::int64_t rows, int channels, bool silu);

// dx for dy; dgamma[channels] is added to where it is not null (still without the factor sqrt(channels)).
void normSiluRowsBackward(const float* x, const float* gamma, const float* dy, float* dx, float* dgamma,
    std::int64_t rows, int channels, bool silu);
void normSiluRowsBackward(const double* x, const double* gamma, const double* dy, double* dx, double* dgamma,
    std::int64_t rows, int channels, bool silu);
void normSiluRowsBackward(const std::uint16_t* x, const float* gamma, const std::uint16_t* dy, std::uint16_t* dx,
    float* dgamma, std::int64_t rows, int channels, bool silu);

} // namespace reelmend::tensor::cpu
