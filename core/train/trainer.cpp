#include "core/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <fstream>
#include <future>
#include <numbers>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/models/lite_file.h"
#include "core/models/lite_forward.h"
#include "core/models/safetensors.h"
#include "core/train/swept_loss.h"

namespace reelmend::train {

namespace {

at::Tensor charbonnier(const at::Tensor& d, double epsilon)
{
    return (d.square() + epsilon * epsilon).sqrt() - epsilon;
}

models::LiteWeights freshMaster(const models::LiteConfig& config, std::uint64_t seed)
{
    models::LiteWeights weights(config);
    models::initialise(weights, seed);
    return weights;
}

} // namespace

double LiteTraining::rateAt(std::int64_t step) const
{
    const double warm =
        std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(std::max<std::int64_t>(1, warmUpSteps)));
    if (step < decayFrom || steps <= decayFrom) {
        return learningRate * warm;
    }
    const double place =
        std::min(1.0, static_cast<double>(step - decayFrom) / static_cast<double>(steps - decayFrom));
    return learningRate * warm * 0.5 * (1 + std::cos(std::numbers::pi * place));
}

at::Tensor liteLoss(const models::LiteWeights& master, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, bool bfloat16, std::uint64_t key, StepRecord& record)
{
    const models::LiteWeights network =
        models::folded(master, batch.condition, batch.detail, bfloat16 ? at::kBFloat16 : at::kFloat);
    const std::int64_t clips = batch.input.size(0), frames = batch.input.size(1);
    const std::int64_t height = batch.input.size(3), width = batch.input.size(4);
    models::lite::PassCache cache;
    std::vector<at::Tensor> parts;
    for (std::int64_t first = 0; first < frames;) {
        const std::int64_t count = first == 0 ? 1 : models::kLiteGroupFrames;
        const at::Tensor input = batch.input.narrow(1, first, count)
                                     .reshape({clips * count, models::kLiteInputChannels, height, width})
                                     .contiguous(at::MemoryFormat::ChannelsLast);
        parts.push_back(models::lite::pass(network, input, count, cache).view({clips, count, 3, height, width}));
        first += count;
    }
    return pixelLoss(at::cat(parts, 1), batch, losses, lpips, key, record);
}

at::Tensor pixelLoss(const at::Tensor& result, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, std::uint64_t key, StepRecord& record)
{
    const std::int64_t clips = batch.target.size(0), frames = batch.target.size(1);
    const std::int64_t height = batch.target.size(3), width = batch.target.size(4);
    const at::Tensor difference = result - batch.target;
    const at::Tensor pixel = (charbonnier(difference, losses.charbonnierEpsilon) * batch.weight).mean();
    at::Tensor loss = pixel * losses.charbonnier;
    record.charbonnier += pixel.item<double>();
    if (losses.frameDifference > 0 && frames > 1) {
        const at::Tensor change = difference.narrow(1, 1, frames - 1) - difference.narrow(1, 0, frames - 1);
        const at::Tensor term =
            (charbonnier(change, losses.charbonnierEpsilon) * batch.weight.narrow(1, 1, frames - 1)).mean();
        loss = loss + term * losses.frameDifference;
        record.frameDifference += term.item<double>();
    }
    const double perceptualWeight = losses.perceptual * batch.detail * batch.detail;
    if (lpips && perceptualWeight > 1e-4) {
        Random random(key);
        std::vector<std::int64_t> chosen;
        const auto wanted =
            std::max<std::int64_t>(1, std::lround(losses.perceptualShare * static_cast<double>(clips * frames)));
        for (std::int64_t i = 0; i < wanted; ++i) {
            chosen.push_back(random.below(clips * frames));
        }
        const at::Tensor index = at::tensor(chosen, at::kLong);
        const at::Tensor a = result.reshape({clips * frames, 3, height, width}).index_select(0, index);
        const at::Tensor b = batch.target.reshape({clips * frames, 3, height, width}).index_select(0, index);
        std::vector<at::Tensor> features;
        {
            const at::NoGradGuard noGrad;
            features = lpips->features(b);
        }
        const at::Tensor term = lpips->distance(lpips->features(a), features).mean();
        loss = loss + term * perceptualWeight;
        record.perceptual += term.item<double>();
    }
    return loss;
}

LiteTrainer::LiteTrainer(LiteTraining settings, const ClipPack& pack, const perceptual::Lpips* lpips)
    : settings_(std::move(settings))
    , pack_(pack)
    , lpips_(lpips)
    , master_(freshMaster(settings_.network, settings_.seed))
    , optimizer_([this](const models::ParameterVisitor& v) { master_.visit(v); }, settings_.optimizer)
{}

StepRecord LiteTrainer::advance()
{
    const double start = base::monotonicSeconds();
    StepRecord record;
    record.step = step_;
    record.learningRate = settings_.rateAt(step_);
    optimizer_.zeroGradients();
    const auto draw = [this](std::int64_t step, std::int64_t item) {
        return drawBatch(pack_, settings_.batch, settings_.seed, static_cast<std::uint64_t>(step),
            static_cast<std::uint64_t>(item));
    };
    const double share = 1.0 / static_cast<double>(settings_.microBatches);
    for (std::int64_t i = 0; i < settings_.microBatches; ++i) {
        const double waitStart = base::monotonicSeconds();
        const Batch batch = draw(step_, i);
        record.dataWait += base::monotonicSeconds() - waitStart;
        const std::uint64_t key =
            settings_.seed * 7919 + static_cast<std::uint64_t>(step_ * settings_.microBatches + i);
        if (settings_.gradient.mode == plan::GradientMode::kFull) {
            const at::Tensor loss =
                liteLoss(master_, batch, settings_.losses, lpips_, settings_.bfloat16, key, record);
            (loss * share).backward();
            record.loss += loss.item<double>();
        } else {
            const at::Tensor carrier = sweptLoss(
                master_, batch, settings_.losses, lpips_, settings_.bfloat16, key, settings_.gradient, record);
            (carrier * share).backward();
        }
        record.conditions.push_back(batch.condition);
    }
    record.loss *= share;
    record.charbonnier *= share;
    record.frameDifference *= share;
    record.perceptual *= share;
    record.gradientNorm = optimizer_.gradientNorm();
    if (std::isfinite(record.gradientNorm) && std::isfinite(record.loss)) {
        optimizer_.step(record.learningRate, record.gradientNorm);
        rejectedInARow_ = 0;
    } else {
        record.rejected = true;
        if (++rejectedInARow_ == 3) {
            throw base::Error(base::ErrorKind::kFailed, "The training stopped because its numbers left all bounds.",
                "Three steps in a row, the last of them step " + std::to_string(step_) +
                    ", gave a loss or gradient that is not finite.",
                "Go on from the last checkpoint with a lower learning rate.");
        }
    }
    ++step_;
    record.seconds = base::monotonicSeconds() - start;
    return record;
}

void LiteTrainer::save(const std::filesystem::path& path)
{
    models::NamedTensors tensors;
    for (AdamW::Entry& e : optimizer_.entries()) {
        tensors.emplace_back("master." + e.name, e.parameter.detach());
        tensors.emplace_back("first." + e.name, e.first);
        tensors.emplace_back("second." + e.name, e.second);
        if (e.average.defined()) {
            tensors.emplace_back("ema." + e.name, e.average);
        }
    }
    models::writeSafetensors(path, tensors,
        {{"format", "reelmend-lite-training-1"}, {"step", std::to_string(step_)},
            {"optimizer_steps", std::to_string(optimizer_.steps())},
            {"temporal", settings_.network.temporal ? "on" : "off"}});
}

void LiteTrainer::load(const std::filesystem::path& path)
{
    const at::NoGradGuard noGrad;
    const models::SafetensorsFile file(path);
    const auto& metadata = file.header().metadata;
    const auto refuse = [&](const std::string& why) {
        throw base::Error(base::ErrorKind::kInput, "The checkpoint " + base::pathText(path) + " cannot be resumed.",
            why, "Start without it, or use the settings that it was made with.");
    };
    if (!metadata.contains("step") || !metadata.contains("optimizer_steps")) {
        refuse("It holds weights, but no state of a training.");
    }
    for (AdamW::Entry& e : optimizer_.entries()) {
        const auto fill = [&](const std::string& name, at::Tensor tensor) {
            const models::StoredTensor* stored = file.find(name);
            if (!stored || at::IntArrayRef(stored->shape) != tensor.sizes()) {
                refuse("Its tensor " + name + " is missing or of another size.");
            }
            tensor.copy_(file.read(*stored, {}));
        };
        fill("master." + e.name, e.parameter);
        fill("first." + e.name, e.first);
        fill("second." + e.name, e.second);
        if (e.average.defined()) {
            fill("ema." + e.name, e.average);
        }
    }
    step_ = std::stoll(metadata.at("step"));
    optimizer_.setSteps(std::stoll(metadata.at("optimizer_steps")));
}

void LiteTrainer::loadWeights(const std::filesystem::path& path)
{
    const at::NoGradGuard noGrad;
    const models::SafetensorsFile file(path);
    models::LiteWeights from = models::loadLite(file, file.find("ema.encoder.stem.weight") ? "ema." : "");
    std::vector<at::Tensor> tensors;
    from.visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) { tensors.push_back(tensor); });
    TORCH_CHECK(tensors.size() == optimizer_.entries().size(), "the weights are of another network");
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        optimizer_.entries()[i].parameter.copy_(tensors[i]);
        if (optimizer_.entries()[i].average.defined()) {
            optimizer_.entries()[i].average.copy_(tensors[i]);
        }
    }
}

models::LiteWeights LiteTrainer::averaged()
{
    const at::NoGradGuard noGrad;
    models::LiteWeights result(settings_.network);
    std::size_t i = 0;
    result.visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        const AdamW::Entry& e = optimizer_.entries()[i++];
        tensor = (e.average.defined() ? e.average : e.parameter).detach().clone();
    });
    return result;
}

void LiteTrainer::run(
    const std::filesystem::path& folder, const base::Control& control, const base::LogSink& log, const OnStep& onStep)
{
    base::makeFolder(folder);
    const auto checkpoint = folder / "checkpoint.safetensors";
    std::ofstream lines(folder / "steps.jsonl", std::ios::app);
    double saved = base::monotonicSeconds();
    try {
        while (step_ < settings_.steps) {
            control.checkpoint();
            const StepRecord r = advance();
            nlohmann::json line{{"step", r.step}, {"loss", r.loss}, {"charbonnier", r.charbonnier},
                {"frame_difference", r.frameDifference}, {"lpips", r.perceptual}, {"gradient_norm", r.gradientNorm},
                {"learning_rate", r.learningRate}, {"seconds", r.seconds}, {"data_wait", r.dataWait},
                {"conditions", r.conditions}};
            if (r.rejected) {
                line["rejected"] = true;
                log(base::LogLevel::kWarning, "step " + std::to_string(r.step) + " was not finite and left out");
            }
            lines << line.dump() << '\n' << std::flush;
            if (onStep && onStep(r)) {
                break;
            }
            if (base::monotonicSeconds() - saved > settings_.checkpointMinutes * 60) {
                lines.flush();
                save(checkpoint);
                saved = base::monotonicSeconds();
                log(base::LogLevel::kInfo, "checkpoint at step " + std::to_string(step_));
            }
        }
    } catch (const base::Cancelled&) {
        save(checkpoint);
        throw;
    }
    save(checkpoint);
}

} // namespace reelmend::train
