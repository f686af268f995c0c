#!/usr/bin/env python3
"""Prints the values that tests/core/perceptual/test_scores.cpp expects, from the public packages piq and scikit-image.

The two pictures are made by a formula, so nothing has to be stored. Needs: numpy torch piq scikit-image.
"""
import numpy as np
import piq
import torch


def pictures(height=192, width=200):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    clean = 0.5 + 0.3 * np.sin(0.11 * x + 0.5 * c) * np.cos(0.07 * y) + 0.15 * np.sin(0.9 * x + 1.3 * y + c)
    worse = 0.5 + 0.29 * np.sin(0.11 * x + 0.5 * c) * np.cos(0.07 * y) + 0.06 * np.sin(0.9 * x + 1.3 * y + c)
    worse = worse + 0.04 * np.sin(2.1 * x * (1 + 0.1 * c) - 1.7 * y) + 0.01
    return np.clip(clean, 0, 1), np.clip(worse, 0, 1)


def luma(rgb):
    return (65.481 * rgb[..., 0] + 128.553 * rgb[..., 1] + 24.966 * rgb[..., 2] + 16.0) / 255.0


def tensor(picture):
    return torch.from_numpy(picture)[None, None]


def main():
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    clean, worse = pictures()
    clean_luma, worse_luma = luma(clean), luma(worse)
    a, b = tensor(clean_luma), tensor(worse_luma)
    print("psnr", peak_signal_noise_ratio(clean, worse, data_range=1.0))
    print("psnr_luma", peak_signal_noise_ratio(clean_luma, worse_luma, data_range=1.0))
    print("ssim", structural_similarity(clean_luma * 255, worse_luma * 255, data_range=255, gaussian_weights=True, sigma=1.5,
                                        use_sample_covariance=False))
    print("ms_ssim", piq.multi_scale_ssim(a, b, data_range=1.0).item())
    print("gmsd", piq.gmsd(a, b, data_range=1.0).item())
    print("vif", piq.vif_p(b, a, data_range=1.0).item())
    rgb = [torch.from_numpy(p).permute(2, 0, 1)[None].contiguous() for p in (clean, worse)]
    print("loss ssim", 1 - piq.ssim(*rgb, data_range=1.0, downsample=False).item())
    print("loss ms-ssim", 1 - piq.multi_scale_ssim(*rgb, data_range=1.0).item())


if __name__ == "__main__":
    main()
