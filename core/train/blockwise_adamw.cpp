#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/train/weight_optimizer.h"

namespace reelmend::train {

namespace {

constexpr std::int64_t kBlock = 256;
constexpr std::int64_t kSmallest = 4096; // weights of a tensor whose state is worth coding

// Values in blocks, each a code and the block's largest magnitude.
struct Coded {
    at::Tensor codes;  // uint8 [blocks, kBlock], the last block filled up with zeros
    at::Tensor scales; // float32 [blocks, 1]
};

class Code {
public:
    Code(bool isSigned, c10::Device device)
        : numbers_(dynamicCode(isSigned).to(device))
        , borders_((numbers_.narrow(0, 1, 255) + numbers_.narrow(0, 0, 255)) / 2)
    {}

    Coded zeros(std::int64_t count) const
    {
        const std::int64_t blocks = (count + kBlock - 1) / kBlock;
        return code(at::zeros({blocks * kBlock}, numbers_.options()));
    }

    // `values`: a whole number of blocks.
    Coded code(const at::Tensor& values) const
    {
        const at::Tensor blocks = values.view({-1, kBlock});
        Coded coded;
        coded.scales = blocks.abs().amax({1}, true);
        const at::Tensor unit = blocks / coded.scales.clamp_min(1e-38);
        coded.codes = at::bucketize(unit, borders_, true).to(at::kByte);
        return coded;
    }

    at::Tensor values(const Coded& coded) const
    {
        return (
            numbers_.index_select(0, coded.codes.view({-1}).to(at::kInt)).view(coded.codes.sizes()) * coded.scales)
            .view({-1});
    }

private:
    at::Tensor numbers_, borders_;
};

class BlockwiseAdamW final : public WeightOptimizer {
public:
    BlockwiseAdamW(const models::VisitFunction& visit, const AdamWSettings& settings)
        : settings_(settings)
    {
        visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
            TORCH_CHECK(tensor.defined() && tensor.scalar_type() == at::kFloat, name, " is no float32 weight");
            Entry entry;
            entry.name = name;
            entry.parameter = tensor;
            entry.isCoded = tensor.numel() >= kSmallest;
            if (!signed_) { // all are on one device
                signed_.emplace(true, tensor.device());
                unsigned_.emplace(false, tensor.device());
            }
            if (entry.isCoded) {
                entry.first = signed_->zeros(tensor.numel());
                entry.second = unsigned_->zeros(tensor.numel());
            } else {
                entry.plainFirst = at::zeros_like(tensor);
                entry.plainSecond = at::zeros_like(tensor);
            }
            if (settings_.emaDecay > 0) {
                entry.average = tensor.detach().clone();
            }
            tensor.requires_grad_(true);
            entry.rate = name.ends_with(".film") ? settings_.filmRate : 1;
            entry.decay = !name.ends_with(".film") && tensor.dim() >= 2 ? settings_.weightDecay : 0;
            entries_.push_back(std::move(entry));
        });
    }

    std::vector<Trained> trained() const override
    {
        std::vector<Trained> all;
        for (const Entry& entry : entries_) {
            all.push_back({entry.name, entry.parameter, entry.average});
        }
        return all;
    }

    void zeroGradients() override
    {
        for (Entry& entry : entries_) {
            entry.parameter.mutable_grad().reset();
        }
    }

    double gradientNorm() const override
    {
        const at::NoGradGuard noGrad;
        std::vector<at::Tensor> norms;
        for (const Entry& entry : entries_) {
            if (entry.parameter.grad().defined()) {
                norms.push_back(entry.parameter.grad().norm());
            }
        }
        return norms.empty() ? 0 : at::stack(norms).norm().item<double>();
    }

    void step(double learningRate, double norm) override
    {
        const at::NoGradGuard noGrad;
        ++steps_;
        const double clip = settings_.clip > 0 ? std::max(1.0, (norm + 1e-6) / settings_.clip) : 1.0;
        const double decay =
            std::min(settings_.emaDecay, static_cast<double>(steps_) / static_cast<double>(steps_ + 10));
        for (Entry& entry : entries_) {
            if (entry.parameter.grad().defined()) {
                move(entry, learningRate * entry.rate, clip);
            }
            if (entry.average.defined()) {
                entry.average.lerp_(entry.parameter, 1 - decay);
            }
        }
    }

    models::NamedTensors state() const override
    {
        models::NamedTensors tensors;
        for (const Entry& entry : entries_) {
            const auto add = [&](const char* kind, const at::Tensor& tensor) {
                if (tensor.defined()) {
                    tensors.emplace_back(kind + entry.name, tensor);
                }
            };
            add("first.", entry.plainFirst);
            add("second.", entry.plainSecond);
            add("first_codes.", entry.first.codes);
            add("first_scales.", entry.first.scales);
            add("second_codes.", entry.second.codes);
            add("second_scales.", entry.second.scales);
        }
        return tensors;
    }

    void setState(const ReadTensor& read, std::int64_t steps) override
    {
        const at::NoGradGuard noGrad;
        for (const auto& [name, tensor] : state()) {
            tensor.copy_(read(name, tensor));
        }
        steps_ = steps;
    }

    std::int64_t steps() const override { return steps_; }

private:
    struct Entry {
        std::string name;
        at::Tensor parameter, average, plainFirst, plainSecond;
        Coded first, second;
        bool isCoded = false;
        double rate = 1, decay = 0;
    };

    // Loshchilov and Hutter's algorithm 2, with the states decoded before and coded after.
    void move(Entry& entry, double rate, double clip)
    {
        const at::Tensor gradient = entry.parameter.grad() / clip;
        at::Tensor first = entry.plainFirst, second = entry.plainSecond;
        const std::int64_t count = entry.parameter.numel();
        if (entry.isCoded) {
            const auto decoded = [&](const at::Tensor& flat) {
                return flat.narrow(0, 0, count).view(entry.parameter.sizes());
            };
            first = decoded(signed_->values(entry.first));
            second = decoded(unsigned_->values(entry.second)).square();
        }
        first = first * settings_.beta1 + gradient * (1 - settings_.beta1);
        second = second * settings_.beta2 + gradient.square() * (1 - settings_.beta2);
        const double count1 = 1 - std::pow(settings_.beta1, static_cast<double>(steps_));
        const double count2 = 1 - std::pow(settings_.beta2, static_cast<double>(steps_));
        entry.parameter.mul_(1 - rate * entry.decay);
        entry.parameter.sub_((first / count1) / ((second / count2).sqrt() + settings_.epsilon) * rate);
        if (!entry.isCoded) {
            entry.plainFirst = first;
            entry.plainSecond = second;
            return;
        }
        const std::int64_t filling = entry.first.codes.numel() - count;
        const auto blocks = [&](const at::Tensor& values) {
            return at::constant_pad_nd(values.reshape({-1}), {0, filling});
        };
        entry.first = signed_->code(blocks(first));
        entry.second = unsigned_->code(blocks(second.sqrt()));
    }

    AdamWSettings settings_;
    std::optional<Code> signed_, unsigned_;
    std::vector<Entry> entries_;
    std::int64_t steps_ = 0;
};

} // namespace

at::Tensor dynamicCode(bool isSigned)
{
    // Numbers between 0.1 and 1 of seven decades, twice as many in each decade as in the one below.
    constexpr int kDecades = 7;
    std::vector<float> numbers{0, 1};
    for (int decade = 0; decade < kDecades; ++decade) {
        const int count = 1 << (isSigned ? decade : decade + 1);
        const double size = std::pow(10.0, decade - (kDecades - 1));
        for (int i = 0; i < count; ++i) {
            const double middle = 0.1 + 0.9 * (i + 0.5) / count;
            numbers.push_back(static_cast<float>(size * middle));
            if (isSigned) {
                numbers.push_back(static_cast<float>(-size * middle));
            }
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return at::tensor(numbers);
}

std::unique_ptr<WeightOptimizer> makeBlockwiseAdamW(const models::VisitFunction& visit, const AdamWSettings& settings)
{
    return std::make_unique<BlockwiseAdamW>(visit, settings);
}

} // namespace reelmend::train
