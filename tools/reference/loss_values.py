#!/usr/bin/env python3
"""Prints the values that tests/core/perceptual/test_networks.cpp and test_texture.cpp expect, from the public packages
lpips, piq, focal-frequency-loss, PyWavelets and pyiqa; census, which has none, from a plain loop over its definition.

Pictures and networks are made by formulas (formula_weights; pictures as in score_values.py), so nothing is stored.
    tools/reference/loss_values.py resources/perceptual/niqe.safetensors
"""
import pathlib
import sys
import types

import focal_frequency_loss
import lpips
import numpy as np
import piq.perceptual
import pywt
import torch
import torchvision
from safetensors.torch import load_file

from score_values import pictures

torch.set_grad_enabled(False)
torch.set_default_dtype(torch.float64)
GOLDEN = 0.6180339887498949


def formula(shape, layer, bound):
    """Evenly spread numbers in [-bound, bound): the fractions of multiples of the golden ratio."""
    k = torch.arange(int(np.prod(shape)), dtype=torch.float64)
    return ((k * GOLDEN + 0.37 * layer) % 1.0 * 2 - 1).reshape(shape) * bound


def fill(features):
    """The convolutions of a torchvision trunk; returns name -> tensor with torchvision's names."""
    for index, module in enumerate(features):
        if isinstance(module, torch.nn.Conv2d):
            fan_in = module.weight[0].numel()
            module.weight.copy_(formula(module.weight.shape, index, (6.0 / fan_in) ** 0.5))
            module.bias.copy_(formula(module.bias.shape, index + 0.5, 0.1))
    return features


def deep_lpips(kind, trunk):
    net = lpips.LPIPS(pretrained=False, net=kind, pnet_rand=True, verbose=False).double().eval()
    weights = trunk.state_dict()
    for name, value in net.net.state_dict().items():  # "slice2.3.weight": torchvision's index behind the slice
        value.copy_(weights[name.split(".", 1)[1]])
    for head in (net.lin0, net.lin1, net.lin2, net.lin3, net.lin4):
        channels = head.model[1].weight.shape[1]
        head.model[1].weight.copy_(((torch.arange(channels) % 7 + 1) / (7.0 * channels)).view(1, channels, 1, 1))
    return net


def dists(trunk, a, b):
    channels = 3 + 64 + 128 + 256 + 512 + 512
    weights = {name: ((torch.arange(channels) % step + 1.0)).view(1, channels, 1, 1) for name, step in
               (("alpha", 5), ("beta", 3))}
    total = sum(w.sum() for w in weights.values())
    weights = {name: w / total for name, w in weights.items()}
    model = types.SimpleNamespace(features=trunk)
    piq.perceptual.vgg16 = lambda **_: model
    torch.hub.load_state_dict_from_url = lambda *_, **__: weights
    return piq.DISTS(reduction="none")(a, b).item()


def gram(trunk, a, b):
    layers = ["relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"]
    piq.perceptual.vgg16 = lambda **_: types.SimpleNamespace(features=trunk)
    height, width = a.shape[2:]
    sizes = [(height >> i) * (width >> i) for i in range(5)]
    # piq: mean over C x C entries of F F^T's difference squared; Johnson et al.: F F^T / (C H W), summed
    return piq.StyleLoss(layers=layers, weights=[1.0 / s**2 for s in sizes], reduction="none")(a, b).item()


def wavelet(a, b):
    total = 0.0
    smooth = (a - b).numpy()[0]
    for _ in range(3):
        smooth, details = pywt.dwt2(smooth, "haar", mode="symmetric")
        total += np.abs(np.stack(details)).mean()
    return float(total)


def census(a, b):
    weights = np.array([0.299, 0.587, 0.114]).reshape(3, 1, 1)
    x, y = ((p.numpy()[0] * 255 * weights).sum(0) for p in (a, b))
    soft = lambda d: d / np.sqrt(0.81 + d * d)
    total, count = 0.0, 0
    for i in range(3, x.shape[0] - 3):
        for j in range(3, x.shape[1] - 3):
            e = soft(x[i - 3 : i + 4, j - 3 : j + 4] - x[i, j]) - soft(y[i - 3 : i + 4, j - 3 : j + 4] - y[i, j])
            total += (e * e / (0.1 + e * e)).mean()
            count += 1
    return float(total / count)


def niqe(picture, statistics):
    """pyiqa's function, without importing all of pyiqa and what it needs."""
    root = next(p for p in (pathlib.Path(q) / "pyiqa" for q in sys.path) if p.is_dir())
    for name in ("pyiqa", "pyiqa.archs", "pyiqa.utils", "pyiqa.data"):
        package = types.ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
    for name, members in (("pyiqa.utils.download_util", ["load_file_from_url"]), ("pyiqa.utils.registry", []),
                          ("pyiqa.archs.fsim_arch", ["_construct_filters"]), ("pyiqa.archs.arch_util", [])):
        module = types.ModuleType(name)
        for member in members:
            setattr(module, member, None)
        sys.modules[name] = module
    sys.modules["pyiqa.utils.registry"].ARCH_REGISTRY = types.SimpleNamespace(register=lambda *_: lambda kind: kind)
    sys.modules["pyiqa.archs.arch_util"].get_url_from_name = lambda name: name
    from pyiqa.archs.niqe_arch import calculate_niqe

    return calculate_niqe(picture, color_space="ycbcr", mu_pris_param=statistics["mean"].view(1, -1),
                          cov_pris_param=statistics["covariance"]).item()


def main(statistics):
    clean, worse = (torch.from_numpy(p).permute(2, 0, 1)[None].contiguous() for p in pictures())
    a, b = (p[..., 20:68, 30:81].contiguous() for p in (clean, worse))  # 48 x 51
    vgg, alex = fill(torchvision.models.vgg16(weights=None).features), fill(torchvision.models.alexnet(weights=None).features)
    for kind, trunk in (("alex", alex), ("vgg", vgg)):
        print(f"lpips {kind}", repr(deep_lpips(kind, trunk)(a * 2 - 1, b * 2 - 1).item()))
    print("gram", repr(gram(vgg, a, b)))
    print("focal frequency", repr(focal_frequency_loss.FocalFrequencyLoss()(b, a).item()))
    print("wavelet", repr(wavelet(a, b)))
    print("census", repr(census(a, b)))
    print("dists", repr(dists(vgg, a, b)))  # last: it replaces the trunk's pooling
    print("niqe", repr(niqe(worse, load_file(statistics))))
    print("niqe clean", repr(niqe(clean, load_file(statistics))))


if __name__ == "__main__":
    main(sys.argv[1])
