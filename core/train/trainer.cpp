#include "core/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <numbers>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/models/lite_file.h"
#include "core/models/lite_forward.h"
#include "core/models/safetensors.h"
#include "core/train/swept_loss.h"
#include "core/train/visit_of.h"

namespace reelmend::train {

namespace {

models::LiteWeights freshMaster(const models::LiteConfig& config, std::uint64_t seed, c10::Device device)
{
    models::LiteWeights weights(config);
    models::initialise(weights, seed);
    weights.visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) { tensor = tensor.to(device); });
    return weights;
}

// The condition of all batches; -1 where they have several.
std::int64_t onlyCondition(const LiteTraining& settings)
{
    const auto& shares = settings.batch.conditions;
    const auto first = std::ranges::find_if(shares, [](double share) { return share > 0; });
    const bool isOnly = settings.kinds.empty() && first != shares.end() &&
                        std::none_of(first + 1, shares.end(), [](double share) { return share > 0; });
    return isOnly ? first - shares.begin() : -1;
}

std::optional<models::Lora> freshAdapter(models::LiteWeights& master, const LiteTraining& settings)
{
    if (!settings.adapter) {
        return std::nullopt;
    }
    models::Lora lora = models::freshLora(visitOf(master), *settings.adapter, settings.seed);
    lora.visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) { tensor = tensor.to(settings.device); });
    return lora;
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

const BatchSettings& LiteTraining::batchOf(std::int64_t microBatch) const
{
    return kinds.empty() ? batch : kinds[static_cast<std::size_t>(microBatch) % kinds.size()];
}

models::LiteWeights networkOf(const models::LiteWeights& master, const Batch& batch, bool bfloat16)
{
    const at::ScalarType dtype = bfloat16 ? at::kBFloat16 : at::kFloat;
    return batch.isUniform() ? models::folded(master, batch.conditions.front(), batch.details.front(), dtype)
                             : models::perSample(master, batch.conditions, batch.details, dtype);
}

at::Tensor networkFrames(const models::LiteWeights& network, const Batch& batch)
{
    const auto sizes = batch.input.sizes(); // [clips, frames, 5, height, width]
    const at::Tensor input = batch.input.flatten(0, 1).contiguous(at::MemoryFormat::ChannelsLast);
    return models::lite::clip(network, input, sizes[1]).view({sizes[0], sizes[1], 3, sizes[3], sizes[4]});
}

at::Tensor liteLoss(const models::LiteWeights& master, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, bool bfloat16, std::uint64_t key, LossTerms& terms)
{
    return pixelLoss(networkFrames(networkOf(master, batch, bfloat16), batch), batch, losses, lpips, key, terms);
}

LiteTrainer::LiteTrainer(LiteTraining settings, const ClipPack& pack, const perceptual::Lpips* lpips)
    : settings_(std::move(settings))
    , pack_(pack)
    , lpips_(lpips)
    , master_(freshMaster(settings_.network, settings_.seed, settings_.device))
    , lora_(freshAdapter(master_, settings_))
    , optimizer_([this](const models::ParameterVisitor& v) { visitTrained(v); }, settings_.optimizer)
    , stream_(settings_.recorded ? settings_.device : c10::Device(c10::kCPU))
{
    if (settings_.recorded) {
        if (settings_.gradient.mode != plan::GradientMode::kFull || settings_.batch.longShare > 0 ||
            std::ranges::any_of(settings_.kinds, [](const BatchSettings& kind) { return kind.longShare > 0; })) {
            throw base::Error(base::ErrorKind::kUsage, "This training cannot be recorded.",
                "Recorded steps are of one size and take the full gradient.",
                "Set long_share to 0, or turn recording off.");
        }
        const std::size_t kinds = std::max<std::size_t>(1, settings_.kinds.size());
        for (std::size_t i = 0; i < kinds; ++i) {
            recorded_.push_back(std::make_unique<RecordedLoss>(
                settings_.network, [this] { return taught(); }, settings_.losses, lpips_, settings_.bfloat16,
                1.0 / static_cast<double>(settings_.microBatches)));
        }
    }
}

void LiteTrainer::visitTrained(const models::ParameterVisitor& visitor)
{
    if (lora_) {
        lora_->visit(visitor);
    }
    master_.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
        if (!lora_ || name.ends_with(".film")) {
            visitor(name, tensor, shape);
        }
    });
}

models::LiteWeights LiteTrainer::taught()
{
    models::LiteWeights weights = master_;
    if (lora_) {
        models::applyLora(visitOf(weights), *lora_);
    }
    return weights;
}

Batch LiteTrainer::nextBatch(std::int64_t microBatch)
{
    const auto draw = [this](std::int64_t step, std::int64_t item) {
        Batch batch = drawBatch(pack_, settings_.batchOf(item), settings_.seed, static_cast<std::uint64_t>(step),
            static_cast<std::uint64_t>(item));
        return batch;
    };
    if (settings_.dataThreads <= 0) {
        return draw(step_, microBatch);
    }
    if (!queue_) {
        const auto numbered = [this, draw](std::int64_t number) {
            return draw(number / settings_.microBatches, number % settings_.microBatches).pinned(settings_.device);
        };
        queue_ = std::make_unique<BatchQueue>(
            numbered, step_ * settings_.microBatches + microBatch, settings_.dataThreads, 2 * settings_.dataThreads);
    }
    return queue_->next();
}

void LiteTrainer::backward(const Batch& batch, std::int64_t microBatch, double share, LossTerms& terms)
{
    constexpr std::int64_t kPlainSteps = 2; // libraries make what they need in them; see RecordedWork
    const std::uint64_t key =
        settings_.seed * 7919 + static_cast<std::uint64_t>(step_ * settings_.microBatches + microBatch);
    if (settings_.recorded && advanced_ >= kPlainSteps) {
        recorded_[static_cast<std::size_t>(microBatch) % recorded_.size()]->backward(
            batch, key, settings_.device, terms);
        return;
    }
    const Batch here = batch.to(settings_.device);
    at::Tensor loss;
    if (settings_.gradient.mode == plan::GradientMode::kFull) {
        loss = liteLoss(taught(), here, settings_.losses, lpips_, settings_.bfloat16, key, terms);
        terms.add(&LossTerms::loss, loss);
    } else {
        loss =
            sweptLoss(taught(), here, settings_.losses, lpips_, settings_.bfloat16, key, settings_.gradient, terms);
    }
    (loss * share).backward();
}

StepRecord LiteTrainer::advance()
{
    const double start = base::monotonicSeconds();
    const auto onStream = stream_.use();
    StepRecord record;
    record.step = step_;
    record.learningRate = settings_.rateAt(step_);
    settings_.recorded ? optimizer_.clearGradients() : optimizer_.zeroGradients();
    const double share = 1.0 / static_cast<double>(settings_.microBatches);
    LossTerms terms;
    for (std::int64_t i = 0; i < settings_.microBatches; ++i) {
        const double waitStart = base::monotonicSeconds();
        const Batch batch = nextBatch(i);
        record.dataWait += base::monotonicSeconds() - waitStart;
        backward(batch, i, share, terms);
        record.conditions.push_back(batch.conditions.front());
    }
    ++advanced_;
    const auto mean = [&](const at::Tensor& sum) { return sum.defined() ? sum.item<double>() * share : 0.0; };
    record.loss = mean(terms.loss);
    record.charbonnier = mean(terms.charbonnier);
    record.frameDifference = mean(terms.frameDifference);
    record.logError = mean(terms.logError);
    record.perceptual = mean(terms.perceptual);
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
    const auto onStream = stream_.use();
    models::NamedTensors tensors;
    for (AdamW::Entry& e : optimizer_.entries()) {
        tensors.emplace_back("master." + e.name, e.parameter.detach().cpu());
        tensors.emplace_back("first." + e.name, e.first.cpu());
        tensors.emplace_back("second." + e.name, e.second.cpu());
        if (e.average.defined()) {
            tensors.emplace_back("ema." + e.name, e.average.cpu());
        }
    }
    models::writeSafetensors(path, tensors,
        {{"format", "reelmend-lite-training-1"}, {"step", std::to_string(step_)},
            {"optimizer_steps", std::to_string(optimizer_.steps())},
            {"temporal", settings_.network.temporal ? "on" : "off"}});
}

void LiteTrainer::load(const std::filesystem::path& path)
{
    const auto onStream = stream_.use();
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
    queue_.reset();
    optimizer_.setSteps(std::stoll(metadata.at("optimizer_steps")));
}

void LiteTrainer::loadWeights(const std::filesystem::path& path)
{
    const auto onStream = stream_.use();
    const at::NoGradGuard noGrad;
    const models::SafetensorsFile file(path);
    models::LiteWeights from = models::loadLite(file, file.find("ema.encoder.stem.weight") ? "ema." : "");
    std::map<std::string, at::Tensor> byName;
    from.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) { byName[name] = tensor; });
    master_.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        const auto found = byName.find(name);
        if (found == byName.end() && name.ends_with(".overview")) {
            return; // weights from before there was an overview: it starts as in a fresh network
        }
        if (found == byName.end() || found->second.sizes() != tensor.sizes()) {
            throw base::Error(base::ErrorKind::kInput,
                "The weights in " + base::pathText(path) + " cannot begin this training.",
                "Their tensor " + name + " is missing or of another size.",
                "Choose weights of a network with the same sizes.");
        }
        tensor.copy_(found->second);
    });
    const std::vector<models::LoraPair> none;
    const auto stored = from.adapters.find(onlyCondition(settings_));
    for (const models::LoraPair& pair : lora_&& stored != from.adapters.end() ? stored->second.pairs : none) {
        const auto own = std::ranges::find(lora_->pairs, pair.module, &models::LoraPair::module);
        if (own != lora_->pairs.end() &&
            pair.rank() <= own->rank()) { // B of the rows beyond it is 0, as in a fresh one
            own->down.narrow(0, 0, pair.rank()).copy_(pair.down);
            own->up.narrow(1, 0, pair.rank()).copy_(pair.up);
        }
    }
    for (AdamW::Entry& e : optimizer_.entries()) {
        if (e.average.defined()) {
            e.average.copy_(e.parameter);
        }
    }
}

models::LiteWeights LiteTrainer::averaged()
{
    const auto onStream = stream_.use();
    const at::NoGradGuard noGrad;
    std::map<std::string, at::Tensor> averages;
    for (const AdamW::Entry& e : optimizer_.entries()) {
        averages[e.name] = e.average;
    }
    const auto averaged = [&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        const auto found = averages.find(name);
        const bool isKept = found != averages.end() && found->second.defined();
        tensor = (isKept ? found->second : tensor).detach().to(at::kCPU, at::kFloat, false, true);
    };
    models::LiteWeights result = master_;
    result.visit(averaged);
    if (lora_) {
        models::Lora own = *lora_;
        own.visit(averaged);
        models::mergeLora(visitOf(result), own);
    }
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
                {"frame_difference", r.frameDifference}, {"log_error", r.logError}, {"lpips", r.perceptual},
                {"gradient_norm", r.gradientNorm}, {"learning_rate", r.learningRate}, {"seconds", r.seconds},
                {"data_wait", r.dataWait}, {"conditions", r.conditions}};
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
