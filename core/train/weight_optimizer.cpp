#include "core/train/weight_optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

namespace reelmend::train {

namespace {

class PlainAdamW final : public WeightOptimizer {
public:
    PlainAdamW(const models::VisitFunction& visit, const AdamWSettings& settings)
        : adam_(visit, settings)
    {}

    std::vector<Trained> trained() const override
    {
        std::vector<Trained> all;
        for (const AdamW::Entry& entry : adam_.entries()) {
            all.push_back({entry.name, entry.parameter, entry.average});
        }
        return all;
    }

    void zeroGradients() override { adam_.zeroGradients(); }
    double gradientNorm() const override { return adam_.gradientNorm(); }
    void step(double learningRate, double norm) override { adam_.step(learningRate, norm); }
    std::int64_t steps() const override { return adam_.steps(); }

    models::NamedTensors state() const override
    {
        models::NamedTensors tensors;
        for (const AdamW::Entry& entry : adam_.entries()) {
            tensors.emplace_back("first." + entry.name, entry.first);
            tensors.emplace_back("second." + entry.name, entry.second);
        }
        return tensors;
    }

    void setState(const ReadTensor& read, std::int64_t steps) override
    {
        const at::NoGradGuard noGrad;
        for (AdamW::Entry& entry : adam_.entries()) {
            entry.first.copy_(read("first." + entry.name, entry.first));
            entry.second.copy_(read("second." + entry.name, entry.second));
        }
        adam_.setSteps(steps);
    }

private:
    mutable AdamW adam_; // its entries are handed out by reference
};

} // namespace

std::int64_t WeightOptimizer::stateBytes() const
{
    std::int64_t bytes = 0;
    for (const auto& [name, tensor] : state()) {
        bytes += static_cast<std::int64_t>(tensor.nbytes());
    }
    return bytes;
}

std::unique_ptr<WeightOptimizer> makeAdamW(const models::VisitFunction& visit, const AdamWSettings& settings)
{
    return std::make_unique<PlainAdamW>(visit, settings);
}

} // namespace reelmend::train
