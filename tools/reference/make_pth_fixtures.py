"""Writes the small files of torch.save that tests/core/models/test_pth.cpp reads: every form that checkpoints have.

  python make_pth_fixtures.py ../../tests/fixtures/pth
"""

import collections
import os
import pathlib
import pickle
import sys
import zipfile

import torch


class Intruder:
    def __reduce__(self):
        return os.system, ("echo intruder",)


def numbers(*shape, dtype=torch.float32):
    count = torch.Size(shape).numel()
    return (torch.arange(count, dtype=torch.float32) / 8 - 1).reshape(shape).to(dtype)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    tied = numbers(2, 3)
    tensors = {
        "weight": numbers(4, 3, 2),
        "half": numbers(5, dtype=torch.float16),
        "brain": numbers(2, 2, dtype=torch.bfloat16),
        "double": numbers(3, dtype=torch.float64),
        "whole": torch.tensor([1, -2, 3]),
        "truth": torch.tensor([True, False]),
        "single": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "part": numbers(10)[4:7],
        "turned": numbers(3, 5).t(),
        "last": numbers(1, 2, 3, 4).contiguous(memory_format=torch.channels_last),
        "tied.a": tied,
        "tied.b": tied,
        "parameter": torch.nn.Parameter(numbers(3)),
    }
    torch.save(tensors, folder / "plain.pth")
    torch.save(tensors, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(collections.OrderedDict(tensors), folder / "ordered.pth")
    torch.save({"weight": tensors["weight"]}, folder / "one.pth")
    torch.save(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).state_dict(), folder / "module.pth")
    torch.save({"state_dict": {"weight": numbers(2)}, "step": 7, "rate": 1e-3, "name": "x", "note": None,
                "history": [1, 2.5, (3,)]}, folder / "wrapped.pth")
    torch.save({"params": {"weight": numbers(2)}, "params_ema": {"weight": numbers(2) + 1}}, folder / "two.pth")
    torch.save(numbers(2, 2), folder / "bare.pt")
    torch.save({"weight": numbers(2)}, folder / "protocol4.pth", pickle_protocol=4)
    torch.save({"weight": numbers(2), "bad": Intruder()}, folder / "intruder.pth")
    torch.save({"weight": numbers(4)[::2]}, folder / "gaps.pth")
    torch.save({"weight": numbers(1).expand(1000, 1000)}, folder / "repeats.pth")
    with open(folder / "intruder.pkl", "wb") as file:
        pickle.dump(Intruder(), file, protocol=2)
    with zipfile.ZipFile(folder / "plain.pth") as source, \
            zipfile.ZipFile(folder / "compressed.pth", "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry.filename))


if __name__ == "__main__":
    main()
