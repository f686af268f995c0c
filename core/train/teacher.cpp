#include "core/train/teacher.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/ParallelGuard.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/tensor/device.h"
#include "core/tensor/repeating.h"

namespace reelmend::train {

namespace {

constexpr int kVersion = 1;
const std::string kFormat = "reelmend-teaching-";

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why, const std::string& hint)
{
    throw base::Error(
        base::ErrorKind::kInput, "The checkpoint \"" + base::pathText(path) + "\" cannot be resumed.", why, hint);
}

void checkFormat(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata)
{
    const auto format = metadata.find("format");
    if (format == metadata.end() || !format->second.starts_with(kFormat) || !metadata.contains("step") ||
        !metadata.contains("optimizer_steps")) {
        refuse(path, "It is not the state of a training.", "Start the training anew.");
    }
    const std::string version = format->second.substr(kFormat.size());
    if (version != std::to_string(kVersion)) {
        refuse(path,
            "It was written by a newer version of the program (format " + version + ", this one knows " +
                std::to_string(kVersion) + ").",
            "Use the version that wrote it.");
    }
}

// "encoder" of "encoder.level.0.weight", also where that is an adapter's.
std::string partOf(const std::string& name)
{
    return name.substr(0, name.find('.'));
}

} // namespace

double RateSchedule::at(std::int64_t step) const
{
    const double warm =
        std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(std::max<std::int64_t>(1, warmUp)));
    if (!falls || step < warmUp || steps <= warmUp) {
        return peak * warm;
    }
    const double place = std::min(1.0, static_cast<double>(step - warmUp) / static_cast<double>(steps - warmUp));
    return peak * 0.5 * (1 + std::cos(std::numbers::pi * place));
}

void PhaseClock::begin(const char* name)
{
    end();
    name_ = name;
    tracker_.resetPeak();
    start_ = base::monotonicSeconds();
}

void PhaseClock::end()
{
    if (name_.empty()) {
        return;
    }
    tensor::synchronize(device_);
    add(name_, base::monotonicSeconds() - start_, tracker_.peakBytes());
    name_.clear();
}

void PhaseClock::add(const std::string& name, double seconds, std::int64_t peakBytes)
{
    auto& phases = record_.phases;
    auto found = std::find_if(phases.begin(), phases.end(), [&](const auto& p) { return p.name == name; });
    if (found == phases.end()) {
        found = phases.insert(phases.end(), {name, 0, 0});
    }
    found->seconds += seconds;
    found->peakBytes = std::max(found->peakBytes, peakBytes);
}

Teacher::Teacher(TeacherSettings settings, const models::VisitFunction& trained, Draw draw, Backward backward,
    ParallelGroup* group)
    : settings_(std::move(settings))
    , optimizer_(settings_.eightBit ? makeBlockwiseAdamW(trained, settings_.optimizer)
                                    : makeAdamW(trained, settings_.optimizer))
    , draw_(std::move(draw))
    , backward_(std::move(backward))
    , group_(group)
    , upload_(std::make_shared<BatchUpload>(settings_.device))
{
    if (group_) {
        const at::NoGradGuard noGrad;
        std::vector<at::Tensor> weights;
        for (const WeightOptimizer::Trained& t : optimizer_->trained()) {
            weights.push_back(t.parameter);
            if (t.average.defined()) {
                weights.push_back(t.average);
            }
        }
        group_->broadcast(weights);
    }
}

Batch Teacher::nextBatch()
{
    if (!queue_) {
        // Items of a step are numbered over all processes: what a step sees does not depend on how many there are.
        const std::int64_t items = settings_.microBatches, rank = group_ ? group_->rank() : 0;
        const auto numbered = [draw = draw_, upload = upload_, items, rank](std::int64_t number) {
            // The step's own operators have the cores: a second team of threads would only fight them for these.
            const c10::ParallelGuard oneThread(true);
            return upload->there(draw(number / items, rank * items + number % items));
        };
        queue_ = std::make_unique<BatchQueue>(numbered, step_ * items, 1, items + 1);
    }
    Batch batch = queue_->next();
    upload_->hand(batch);
    return batch;
}

int Teacher::distanceOf(const Batch& first, std::uint64_t key)
{
    const auto step = static_cast<int>(step_);
    if (probe_ && settings_.distance->probesAt(step)) {
        constexpr int kUnknown = -1;
        const bool isLeader = !group_ || group_->rank() == 0;
        int found = isLeader ? probe_(first, key).value_or(kUnknown) : kUnknown;
        if (group_) { // all take the first one's
            const at::Tensor told = at::full({1}, found, at::kLong);
            group_->broadcast({told});
            found = static_cast<int>(told.item<std::int64_t>());
        }
        if (found != kUnknown) {
            measuredDistance_ = found;
        }
    }
    return settings_.distance->at(step, measuredDistance_);
}

TeachingStep Teacher::advance()
{
    const double start = base::monotonicSeconds();
    const std::int64_t items = settings_.microBatches;
    const std::int64_t ranks = group_ ? group_->size() : 1, rank = group_ ? group_->rank() : 0;
    TeachingStep record;
    record.step = step_;
    record.learningRate = settings_.rate.at(step_);
    optimizer_->zeroGradients();
    const tensor::RepeatingScope repeating(settings_.device, tensor::Repeating::kWhereKnown);
    PhaseClock clock(record, settings_.device);
    const double share = 1.0 / static_cast<double>(items * ranks);
    for (std::int64_t i = 0; i < items; ++i) {
        clock.begin("data");
        const Batch batch = nextBatch();
        clock.end();
        const std::uint64_t key =
            settings_.seed * 7919 + static_cast<std::uint64_t>((step_ * ranks + rank) * items + i);
        if (i == 0 && settings_.distance) {
            clock.begin("distance");
            record.distance = distanceOf(batch, key);
            clock.end();
        }
        backward_(batch, key, share, record, clock);
    }
    record.dataWait = record.phases.front().seconds;
    clock.begin("optimizer");
    exchangeGradients();
    readTerms(record, share);
    judge(record);
    clock.end();
    ++step_;
    record.seconds = base::monotonicSeconds() - start;
    return record;
}

void Teacher::readTerms(TeachingStep& record, double share)
{
    const auto number = [](const at::Tensor& sum) { return sum.defined() ? sum.item<double>() : 0.0; };
    const LossTerms& t = record.terms;
    std::vector<double> values{
        number(t.loss), number(t.charbonnier), number(t.frameDifference), number(t.perceptual)};
    auto place = static_cast<std::int64_t>(values.size());
    for (const auto& [name, value] : t.named) { // the same names in all processes
        values.push_back(value);
    }
    const at::Tensor sums = at::tensor(values, at::kDouble) * share;
    if (group_) {
        group_->sum({sums});
    }
    record.loss = sums[0].item<double>();
    record.charbonnier = sums[1].item<double>();
    record.frameDifference = sums[2].item<double>();
    record.perceptual = sums[3].item<double>();
    for (const auto& [name, value] : t.named) {
        record.moreTerms.emplace_back(name, sums[place++].item<double>());
    }
    record.terms = {};
}

void Teacher::exchangeGradients()
{
    if (!group_) {
        return;
    }
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> tensors;
    for (WeightOptimizer::Trained& t : optimizer_->trained()) {
        if (!t.parameter.grad().defined()) { // no influence here, perhaps some elsewhere
            t.parameter.mutable_grad() = at::zeros_like(t.parameter);
        }
        tensors.push_back(t.parameter.grad());
    }
    group_->sum(tensors);
}

std::vector<std::pair<std::string, double>> Teacher::partNorms() const
{
    const at::NoGradGuard noGrad;
    std::vector<std::string> names;
    std::vector<at::Tensor> gradients;
    for (const WeightOptimizer::Trained& t : optimizer_->trained()) {
        if (t.parameter.grad().defined()) {
            names.push_back(partOf(t.name));
            gradients.push_back(t.parameter.grad());
        }
    }
    std::map<std::string, double> squares;
    if (!gradients.empty()) { // read all at once: a card is waited for once
        const at::Tensor norms = at::stack(at::_foreach_norm(gradients)).to(at::kCPU, at::kDouble);
        for (std::size_t i = 0; i < names.size(); ++i) {
            const double norm = norms[static_cast<std::int64_t>(i)].item<double>();
            squares[names[i]] += norm * norm;
        }
    }
    std::vector<std::pair<std::string, double>> result;
    for (const auto& [part, square] : squares) {
        result.emplace_back(part, std::sqrt(square));
    }
    return result;
}

void Teacher::judge(TeachingStep& record)
{
    record.gradientNorm = optimizer_->gradientNorm();
    record.partNorms = partNorms();
    if (std::isfinite(record.gradientNorm) && std::isfinite(record.loss)) {
        optimizer_->step(record.learningRate, record.gradientNorm);
        rejectedInARow_ = 0;
        return;
    }
    record.rejected = true;
    if (++rejectedInARow_ == 3) {
        throw base::Error(base::ErrorKind::kFailed, "The training stopped because its numbers left all bounds.",
            "Three steps in a row, the last of them step " + std::to_string(step_) +
                ", gave a loss or gradient that is not finite.",
            "Go on from the last checkpoint with a lower learning rate.");
    }
}

void Teacher::save(const std::filesystem::path& path, const Notes& notes) const
{
    models::NamedTensors tensors = optimizer_->state();
    for (const WeightOptimizer::Trained& t : optimizer_->trained()) {
        tensors.emplace_back("weight." + t.name, t.parameter.detach());
        if (t.average.defined()) {
            tensors.emplace_back("average." + t.name, t.average);
        }
    }
    std::map<std::string, std::string> metadata{{"format", kFormat + std::to_string(kVersion)},
        {"step", std::to_string(step_)}, {"optimizer_steps", std::to_string(optimizer_->steps())},
        {"rejected_in_a_row", std::to_string(rejectedInARow_)}, {"identity", settings_.identity}};
    if (measuredDistance_) {
        metadata["measured_distance"] = std::to_string(*measuredDistance_);
    }
    for (const auto& [name, text] : notes) {
        metadata.emplace("note." + name, text);
    }
    models::writeSafetensors(path, tensors, metadata);
}

Teacher::Notes Teacher::load(const std::filesystem::path& path)
{
    const at::NoGradGuard noGrad;
    const models::SafetensorsFile file(path);
    const auto& metadata = file.header().metadata;
    checkFormat(path, metadata);
    if (const auto identity = metadata.find("identity");
        identity != metadata.end() && identity->second != settings_.identity) {
        refuse(path,
            "It is of a training with " + identity->second + ", and this one is with " + settings_.identity + ".",
            "Start the training anew, or use the settings that it was made with.");
    }
    const auto read = [&](const std::string& name, const at::Tensor& like) {
        const models::StoredTensor* stored = file.find(name);
        if (!stored || at::IntArrayRef(stored->shape) != like.sizes()) {
            refuse(path, "Its tensor " + name + " is missing or of another size: it is of another model.",
                "Start the training anew, or use the model and settings that it was made with.");
        }
        return file.read(*stored, {});
    };
    for (WeightOptimizer::Trained& t : optimizer_->trained()) {
        t.parameter.copy_(read("weight." + t.name, t.parameter));
        if (t.average.defined()) {
            t.average.copy_(read("average." + t.name, t.average));
        }
    }
    optimizer_->setState(read, std::stoll(metadata.at("optimizer_steps")));
    step_ = std::stoll(metadata.at("step"));
    rejectedInARow_ = metadata.contains("rejected_in_a_row") ? std::stoll(metadata.at("rejected_in_a_row")) : 0;
    measuredDistance_.reset();
    if (const auto measured = metadata.find("measured_distance"); measured != metadata.end()) {
        measuredDistance_ = std::stoi(measured->second);
    }
    queue_.reset();
    Notes notes;
    for (const auto& [name, text] : metadata) {
        if (name.starts_with("note.")) {
            notes[name.substr(5)] = text;
        }
    }
    return notes;
}

double Teacher::checkpointBytes() const
{
    double bytes = static_cast<double>(optimizer_->stateBytes()) + 1e6;
    for (const WeightOptimizer::Trained& t : optimizer_->trained()) {
        bytes += static_cast<double>(t.parameter.nbytes()) * (t.average.defined() ? 2 : 1);
    }
    return bytes;
}

std::map<std::string, at::Tensor> Teacher::averaged() const
{
    const at::NoGradGuard noGrad;
    std::map<std::string, at::Tensor> values;
    for (const WeightOptimizer::Trained& t : optimizer_->trained()) {
        values[t.name] = (t.average.defined() ? t.average : t.parameter).detach().clone();
    }
    return values;
}

} // namespace reelmend::train
