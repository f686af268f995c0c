#include "core/chopgrad/clip_cotangents.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace reelmend::chopgrad {

namespace {

std::string rejectionText(std::int64_t group, std::int64_t frame, const std::string& term, const std::string& why)
{
    std::string where;
    const auto add = [&](const std::string& part) { where += (where.empty() ? "" : ", ") + part; };
    if (group >= 0) {
        add("group " + std::to_string(group));
    }
    if (frame >= 0) {
        add("frame " + std::to_string(frame));
    }
    if (!term.empty()) {
        add("loss term \"" + term + "\"");
    }
    return where.empty() ? why : why + " (" + where + ")";
}

// Losses are computed in float32 or better.
at::Tensor asLossInput(const at::Tensor& output)
{
    const auto type = output.scalar_type();
    return type == at::kDouble || type == at::kFloat ? output : output.to(at::kFloat);
}

} // namespace

RejectedStep::RejectedStep(std::int64_t group, std::int64_t frame, std::string term, const std::string& why)
    : base::Error(base::ErrorKind::kFailed, "The training step was not taken.",
          rejectionText(group, frame, term, why) + ".",
          "Look at that frame of the input and the target; lower the learning rate or use a wider number format.")
    , group_(group)
    , frame_(frame)
    , term_(std::move(term))
{}

double cotangentScale(double elements)
{
    return std::exp2(std::round(std::log2(std::max(elements, 1.0)) / 2));
}

ClipCotangents::ClipCotangents(const perceptual::FrameLoss& loss, std::vector<base::FrameRange> frames,
    std::vector<plan::SweepBlock> blocks, double scale, bool keepFrames)
    : loss_(loss)
    , frames_(std::move(frames))
    , blocks_(std::move(blocks))
    , scale_(scale)
    , keepFrames_(keepFrames)
    , isCoupled_(loss.couplesFrames())
    , values_(frames_.size())
    , gradients_(frames_.size())
{
    const std::int64_t decoded = frames_.empty() ? 0 : frames_.back().end;
    if (loss.frames() != decoded) {
        throw base::Error(base::ErrorKind::kUsage, "The latents and the target differ in length.",
            "The latents decode to " + std::to_string(decoded) + " frames; the target has " +
                std::to_string(loss.frames()) + ".",
            "Cut or pad the target to " + std::to_string(decoded) + " frames.");
    }
}

void ClipCotangents::seen(std::int64_t group, const at::Tensor& output)
{
    if (isClosed_) {
        return;
    }
    const auto g = static_cast<std::size_t>(group);
    if (keepFrames_ || isCoupled_) {
        values_[g] = output;
    }
    if (!isCoupled_) {
        addPart(loss_.evaluate(asLossInput(output), frames_[g]), group, output);
    } else if (g + 1 == frames_.size()) {
        evaluateClip();
    }
}

void ClipCotangents::evaluateClip()
{
    c10::AutoGradMode noGradient(false);
    const at::ScalarType type = values_[0].scalar_type();
    at::Tensor clip = asLossInput(at::cat(values_, 2));
    if (!keepFrames_) {
        std::fill(values_.begin(), values_.end(), at::Tensor());
    }
    auto part = loss_.evaluate(clip, {0, frames_.back().end});
    addPart(part, 0, clip);
    clip = at::Tensor();
    const at::Tensor scaled = part.gradient.mul_(scale_);
    for (std::size_t g = 0; g < frames_.size(); ++g) {
        gradients_[g] = scaled.narrow(2, frames_[g].begin, frames_[g].size()).to(type).clone();
    }
}

void ClipCotangents::addPart(const perceptual::LossPart& part, std::int64_t firstGroup, const at::Tensor& frames)
{
    if (part.fault) {
        const auto& fault = *part.fault;
        std::int64_t group = firstGroup;
        while (!frames_[static_cast<std::size_t>(group)].contains(fault.frame)) {
            ++group;
        }
        const auto& range = frames_[static_cast<std::size_t>(group)];
        const std::int64_t offset = frames_[static_cast<std::size_t>(firstGroup)].begin;
        const at::Tensor own = frames.narrow(2, range.begin - offset, range.size());
        if (!at::isfinite(own).all().item<bool>()) {
            throw RejectedStep(
                group, fault.frame, fault.term, "The decoded picture holds values that are not finite");
        }
        throw RejectedStep(group, fault.frame, fault.term,
            fault.inGradient ? "The gradient of the loss is not finite" : "The loss is not finite");
    }
    if (terms_.empty()) {
        terms_ = part.terms;
    } else {
        for (std::size_t i = 0; i < terms_.size(); ++i) {
            terms_[i].value += part.terms[i].value;
        }
    }
    if (!isCoupled_) {
        c10::AutoGradMode noGradient(false);
        gradients_[static_cast<std::size_t>(firstGroup)] = (part.gradient * scale_).to(frames.scalar_type());
    }
}

at::Tensor ClipCotangents::of(std::int64_t block, std::int64_t group)
{
    const auto& b = blocks_.at(static_cast<std::size_t>(block));
    return group >= b.first && group < b.end ? gradients_.at(static_cast<std::size_t>(group)) : at::Tensor();
}

void ClipCotangents::release(std::int64_t block, std::int64_t)
{
    // Losses of finished blocks are not asked for again.
    if (block <= static_cast<std::int64_t>(blocks_.size()) && block > 0) {
        const auto end = static_cast<std::size_t>(blocks_[static_cast<std::size_t>(block) - 1].end);
        std::fill(gradients_.begin(), gradients_.begin() + static_cast<long>(end), at::Tensor());
    }
}

at::Tensor ClipCotangents::takeFrames()
{
    if (!keepFrames_ || values_.empty()) {
        return {};
    }
    const at::Tensor frames = at::cat(values_, 2);
    values_.clear();
    return frames;
}

std::int64_t ClipCotangents::bytes() const
{
    std::int64_t bytes = 0;
    for (const auto* tensors : {&values_, &gradients_}) {
        for (const auto& tensor : *tensors) {
            bytes += tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
        }
    }
    return bytes;
}

} // namespace reelmend::chopgrad
