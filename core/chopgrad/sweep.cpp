#include "core/chopgrad/sweep.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <new>

#include "core/chopgrad/schedule_run.h"
#include "core/tensor/torch_compat.h"

#if REELMEND_TORCH >= 210
#include <c10/core/CachingDeviceAllocator.h>
#endif

namespace reelmend::chopgrad {

namespace {

using plan::GradientMode;

// The observer of one attempt: tells the caller where it is and where the time and the memory go.
class Meter {
public:
    Meter(const SweepOptions& options, std::int64_t groups)
        : options_(options)
        , groups_(groups)
        , start_(base::monotonicSeconds())
    {
        if (options_.tracker) {
            options_.tracker->resetPeak();
        }
    }

    void enter(Phase phase)
    {
        if (isOpen_ && phase == phase_) {
            return;
        }
        close();
        isOpen_ = true;
        phase_ = phase;
    }

    void close()
    {
        if (!isOpen_) {
            return;
        }
        const double now = base::monotonicSeconds();
        PhaseCost* cost = nullptr;
        for (auto& known : costs_) {
            cost = known.phase == phase_ ? &known : cost;
        }
        if (!cost) {
            cost = &costs_.emplace_back(PhaseCost{phase_, 0, 0});
        }
        cost->seconds += now - start_;
        start_ = now;
        if (options_.tracker) {
            cost->peakBytes = std::max(cost->peakBytes, options_.tracker->peakBytes());
            options_.tracker->resetPeak();
        }
    }

    void report(std::int64_t group) const
    {
        if (options_.progress) {
            options_.progress({phase_, group, groups_});
        }
    }

    std::vector<PhaseCost> costs() { return costs_; }

private:
    const SweepOptions& options_;
    std::int64_t groups_;
    double start_;
    bool isOpen_ = false;
    Phase phase_ = Phase::kValues;
    std::vector<PhaseCost> costs_;
};

// Hands everything to the sum and, where asked for, to a listener beside it.
class Fork final : public GradientSink {
public:
    Fork(GradientSum& sum, GradientSink* listener)
        : sum_(sum)
        , listener_(listener)
    {}
    void add(std::int64_t block, std::int64_t group, const std::vector<at::Tensor>& inputs,
        const std::vector<at::Tensor>& parameters) override
    {
        sum_.add(block, group, inputs, parameters);
        if (listener_) {
            listener_->add(block, group, inputs, parameters);
        }
    }
    void handOff(std::int64_t block, std::int64_t group, const models::CausalCache& cotangent) override
    {
        if (listener_) {
            listener_->handOff(block, group, cotangent);
        }
    }

private:
    GradientSum& sum_;
    GradientSink* listener_;
};

// How the clip falls into groups: by the decoder, or latent by latent for stills.
struct Grouping {
    std::vector<base::FrameRange> latents, frames;
};

Grouping groupingOf(const models::CausalDecoder& decoder, const ClipLatents& clip, bool stills)
{
    if (!clip.latents.defined() || clip.latents.dim() != 5) {
        throw base::Error(base::ErrorKind::kUsage, "There are no latents to decode.",
            "They are [batch, channels, time, height, width].");
    }
    Grouping grouping;
    const std::int64_t count = clip.latents.size(2);
    if (!stills) {
        for (const auto& span : groupsOf(decoder, clip)) {
            grouping.latents.push_back(span.latents);
            grouping.frames.push_back(span.frames);
        }
        return grouping;
    }
    const std::int64_t frames = decoder.groups(1).front().frames.size();
    for (std::int64_t i = 0; i < count; ++i) {
        grouping.latents.push_back({i, i + 1});
        grouping.frames.push_back({i * frames, (i + 1) * frames});
    }
    return grouping;
}

std::string noteFor(const plan::GradientSchedule& schedule, std::int64_t groups, int reach)
{
    if (schedule.mode != GradientMode::kChop) {
        return {};
    }
    const std::string distance = "D = " + std::to_string(schedule.distance);
    if (schedule.distance >= groups - 1 && groups > 1) {
        return distance + " reaches beyond the first of the clip's " + std::to_string(groups) +
               " groups: this is the exact gradient.";
    }
    if (reach >= 0 && schedule.distance >= reach) {
        return distance + " covers all " + std::to_string(reach) +
               " earlier groups that this decoder lets influence a group: this is the exact gradient.";
    }
    return {};
}

ClipGradient attempt(models::CausalDecoder& decoder, const ClipLatents& given, const perceptual::FrameLoss& loss,
    const plan::GradientSchedule& schedule, const SweepOptions& options)
{
    // Whatever graph the caller's tensors belong to is none of the sweep's.
    ClipLatents clip{given.latents.defined() ? given.latents.detach() : at::Tensor(), given.skips,
        models::detached(given.entering)};
    for (auto& skips : clip.skips) {
        for (auto& skip : skips) {
            skip = skip.detach();
        }
    }
    const bool stills = schedule.mode == GradientMode::kFramewise;
    const Grouping grouping = groupingOf(decoder, clip, stills);
    const auto groups = static_cast<std::int64_t>(grouping.latents.size());
    const TrainedParameters trained = trainedParameters(decoder);
    GradientSum sum(clip, grouping.latents, trained);

    ClipGradient result;
    result.schedule = schedule;
    result.note = noteFor(schedule, groups, decoder.traits().reach);
    if (schedule.mode == GradientMode::kLatentOnly) {
        sum.finish(1);
        result.latents = sum.latents();
        result.parameters = sum.takeParameters();
        return result;
    }

    const auto& traits = decoder.traits();
    const double elements =
        static_cast<double>(clip.latents.size(0) * grouping.frames.back().end * traits.frameChannels) *
        static_cast<double>(clip.latents.size(3) * clip.latents.size(4)) * static_cast<double>(traits.spatialStride) *
        static_cast<double>(traits.spatialStride);
    const double scale = cotangentScale(elements);
    if (options.onScale) {
        options.onScale(scale);
    }
    ClipCotangents cotangents(loss, grouping.frames, blocksOf(schedule, groups), scale, options.keepFrames);
    Meter meter(options, groups);
    const auto observer = [&](SweepStage stage, std::int64_t group) {
        meter.enter(stage == SweepStage::kValues ? Phase::kValues : Phase::kSweep);
        meter.report(group);
    };
    // Sliding forms make values and gradients in turn; their cost is the sweep's.
    const auto sweepObserver = [&](SweepStage, std::int64_t group) {
        meter.enter(Phase::kSweep);
        meter.report(group);
    };
    Fork sink(sum, options.listener);

    if (!schedule.tiles.isWhole()) {
        TiledRun run{decoder, clip, schedule, options, trained, cotangents, sum, observer, {}, {}};
        const auto features = runTiledValues(run);
        run.observer = sweepObserver;
        sweepTiles(run, features);
        result.globalCounts = run.globalCounts;
        result.tileCounts = run.tileCounts;
    } else {
        std::unique_ptr<GroupChain> chain;
        if (stills) {
            chain = std::make_unique<FramewiseChain>(decoder, clip);
        } else {
            chain = std::make_unique<DecoderChain>(decoder, clip);
        }
        SweepScene scene{*chain, clip.entering, trained.tensors, cotangents, sink, options.control, observer, {}};
        if (loss.couplesFrames() && (schedule.mode == GradientMode::kChop || stills)) {
            runValues(scene); // these forms want a group's cotangent before the next group is known
            cotangents.close();
        }
        if (schedule.mode != GradientMode::kExact) {
            scene.observer = sweepObserver;
        }
        runSchedule(scene, schedule, options.diskFolder);
        result.counts = scene.counts;
    }
    sum.finish(scale);
    meter.close();
    result.costs = meter.costs();
    result.latents = sum.latents();
    result.skips = sum.takeSkips();
    result.parameters = sum.takeParameters();
    result.terms = cotangents.terms();
    for (const auto& term : result.terms) {
        result.loss += term.weight * term.value;
    }
    result.frames = cotangents.takeFrames();
    return result;
}

} // namespace

const char* phaseName(Phase phase)
{
    switch (phase) {
    case Phase::kValues:
        return "values";
    case Phase::kSweep:
        return "sweep";
    case Phase::kDenoise:
        return "denoise";
    case Phase::kDenoiseGradient:
        break;
    }
    return "denoise-gradient";
}

bool isOutOfMemory(const std::exception& error)
{
    if (dynamic_cast<const c10::OutOfMemoryError*>(&error) || dynamic_cast<const std::bad_alloc*>(&error)) {
        return true;
    }
    if (const auto* own = dynamic_cast<const base::Error*>(&error)) {
        return own->kind() == base::ErrorKind::kOutOfMemory;
    }
    // The CPU's allocator throws its plain error class.
    const std::string text = error.what();
    return text.find("not enough memory") != std::string::npos || text.find("out of memory") != std::string::npos;
}

void releaseUnusedMemory(c10::Device device)
{
#if REELMEND_TORCH >= 210
    if (!device.is_cpu()) {
        at::getDeviceAllocator(device.type())->emptyCache();
    }
#else
    (void)device;
#endif
}

ClipGradient sweep(models::CausalDecoder& decoder, const ClipLatents& clip, const perceptual::FrameLoss& loss,
    const plan::GradientSchedule& schedule, const SweepOptions& options)
{
    plan::GradientSchedule current = schedule;
    std::vector<std::string> stepsDown;
    while (true) {
        if (const std::string problem = current.problem(); !problem.empty()) {
            throw base::Error(base::ErrorKind::kUsage, "The gradient cannot be computed that way.", problem);
        }
        std::string failure;
        try {
            ClipGradient result = attempt(decoder, clip, loss, current, options);
            result.stepsDown = std::move(stepsDown);
            return result;
        } catch (const std::exception& error) {
            if (!isOutOfMemory(error)) {
                throw;
            }
            failure = error.what();
        }
        // Nothing of the failed attempt is alive here: its graphs went with the exception.
        releaseUnusedMemory(clip.latents.device());
        const auto rung = options.stepDown ? options.stepDown(current) : std::nullopt;
        if (!rung) {
            throw base::Error(base::ErrorKind::kOutOfMemory, "The gradient does not fit into memory.",
                "It was tried as: " + plan::scheduleText(current) + ".",
                "Use a smaller picture, fewer frames at a time, or bfloat16.");
        }
        if (options.log) {
            options.log(base::LogLevel::kWarning,
                "Memory ran out (" + plan::scheduleText(current) + "); trying again: " + rung->name + ".");
        }
        stepsDown.push_back(rung->name);
        current = rung->schedule;
    }
}

namespace {

class FrameCollector final : public Cotangents {
public:
    std::vector<at::Tensor> frames;
    void seen(std::int64_t, const at::Tensor& output) override { frames.push_back(output); }
    at::Tensor of(std::int64_t, std::int64_t) override { return {}; }
};

class NoSink final : public GradientSink {
public:
    void add(std::int64_t, std::int64_t, const std::vector<at::Tensor>&, const std::vector<at::Tensor>&) override {}
};

} // namespace

at::Tensor decodeClip(const models::CausalDecoder& decoder, const ClipLatents& clip, const base::Control* control)
{
    const DecoderChain chain(decoder, clip);
    FrameCollector frames;
    NoSink sink;
    SweepScene scene{chain, clip.entering, {}, frames, sink, control, {}, {}};
    runValues(scene);
    return at::cat(frames.frames, 2);
}

} // namespace reelmend::chopgrad
