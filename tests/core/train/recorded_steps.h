#pragma once
#include <ATen/ATen.h>

#include <vector>

#include "core/train/trainer.h"
#include "tests/core/train/tiny_lite.h"
#include "tests/core/train/tiny_pack.h"
#include "tests/support/test_support.h"

namespace reelmend::test {

struct RecordedSteps {
    std::vector<double> losses;
    std::vector<at::Tensor> weights; // on the CPU
};

// A few steps over two kinds of mixed batches; three micro-batches, so that one kind is repeated within a step.
inline RecordedSteps recordedSteps(c10::Device device, bool recorded, bool withAdapter = false)
{
    const TemporaryFolder folder;
    writeTinyPack(folder / "tiny.safetensors");
    const train::ClipPack pack(folder / "tiny.safetensors");
    train::LiteTraining t;
    t.network = tinyConfig();
    t.batch.longShare = 0;
    t.batch.mixed = true;
    t.batch.crop = 32;
    t.batch.clips = 3;
    t.kinds = {t.batch, t.batch};
    t.kinds[1].crop = 48;
    t.kinds[1].clips = 2;
    t.microBatches = 3;
    t.warmUpSteps = 1;
    t.learningRate = 1e-3;
    t.bfloat16 = false;
    t.device = device;
    t.recorded = recorded;
    t.losses.logError = 0.02;
    if (withAdapter) {
        t.adapter = models::LoraSettings{.rank = 4, .alpha = 4};
    }
    train::LiteTrainer trainer(t, pack, nullptr);
    RecordedSteps result;
    for (int i = 0; i < 6; ++i) {
        result.losses.push_back(trainer.advance().loss);
    }
    trainer.averaged().visit(
        [&](const std::string&, at::Tensor& tensor, at::IntArrayRef) { result.weights.push_back(tensor.cpu()); });
    return result;
}

// The largest difference between two runs, relative to the largest weight.
inline double differenceOf(const RecordedSteps& a, const RecordedSteps& b)
{
    double most = 0, scale = 0;
    for (std::size_t i = 0; i < a.weights.size(); ++i) {
        most = std::max(most, (a.weights[i] - b.weights[i]).abs().max().item<double>());
        scale = std::max(scale, a.weights[i].abs().max().item<double>());
    }
    return most / scale;
}

} // namespace reelmend::test
