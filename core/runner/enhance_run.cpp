#include "core/runner/enhance_run.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/bounded_queue.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/deinterlace.h"
#include "core/media/join.h"
#include "core/media/mask_reader.h"
#include "core/media/video_reader.h"
#include "core/runner/enhance_plan.h"
#include "core/runner/frame_maker.h"
#include "core/runner/model_choice.h"
#include "core/runner/prefetch_source.h"
#include "core/runner/preview_picture.h"
#include "core/runner/progress_meter.h"
#include "core/runner/segment_writer.h"

namespace reelmend::runner {

namespace fs = std::filesystem;

namespace {

// The clip, its mask and the model, opened for one run.
class Workshop {
public:
    Workshop(const EnhancePlan& plan, const base::Control& control)
    {
        media::ReaderOptions options;
        options.control = &control;
        clip_ = media::VideoReader::open(plan.input, options);
        if (plan.request.deinterlace) {
            clip_ = media::deinterlaced(std::move(clip_));
        }
        const video::ClipHeader header = clip_->info().header; // as its masks see it
        clip_ = prepared(std::move(clip_), plan.preparation);
        source_ = std::make_unique<PrefetchSource>(*clip_, clip_->frameCount(), limits(plan), control);
        if (!plan.request.mask.empty()) {
            mask_ = media::openMask(
                base::pathFromText(plan.request.mask), header.width, header.height, clip_->frameCount(), &control);
            mask_ = prepared(std::move(mask_), plan.preparation);
        }
        maker_ = makeFrameMaker(plan, *source_, mask_.get(), control);
    }

    FrameMaker& maker() { return *maker_; }

private:
    static PrefetchSource::Limits limits(const EnhancePlan& plan)
    {
        // About 4 bytes a pixel stand for 4:2:0 of 16 bits and everything below.
        const double frameBytes = 4.0 * plan.info.header.width * plan.info.header.height + 1;
        const auto frames = static_cast<std::size_t>(std::clamp(128e6 / frameBytes, 2.0, 12.0));
        return {frames, 2 * frames};
    }

    std::unique_ptr<video::FrameSource> clip_;
    std::unique_ptr<PrefetchSource> source_;
    std::unique_ptr<video::MaskSource> mask_;
    std::unique_ptr<FrameMaker> maker_;
};

std::string sentence(const media::CarryItem& item, bool isDone)
{
    const bool isLost = item.fate == media::CarryItem::Fate::kLost;
    return item.thing +
           (isLost      ? isDone ? " is not in the result. " : " will not be in the result. "
               : isDone ? " was changed. "
                        : " will be changed. ") +
           item.text;
}

// What of the source the result will not have as it is: said before the work, so that nobody waits for a surprise.
std::vector<media::CarryItem> announceChanges(const EnhancePlan& plan, const RunContext& context)
{
    if (const std::string change = media::storedFormat(plan.writer).change; !change.empty()) {
        context.journal.log(base::LogLevel::kWarning, "The pictures will be stored in another form: " + change + ".");
    }
    if (plan.preparation.turnDegrees != 0) {
        context.journal.log(base::LogLevel::kInfo,
            "The clip says that it is to be turned; a file of the result's kind cannot, so its pictures are turned.");
    }
    if (plan.preparation.colour) {
        context.journal.log(base::LogLevel::kInfo, "The colours are not tagged. The result says " +
                                                       video::tagsText(*plan.preparation.colour) +
                                                       ", or its size would have them taken for others.");
    }
    if (plan.info.isInterlaced() && !plan.request.deinterlace) {
        context.journal.log(base::LogLevel::kWarning,
            "The footage is interlaced, so what is made of it will show combs where things move: choose "
            "\"deinterlace\" for a better result.");
    } else if (plan.info.header.fieldOrder == video::FieldOrder::kProgressive && plan.request.deinterlace) {
        context.journal.log(base::LogLevel::kWarning,
            "The clip says that it is not interlaced. Deinterlacing it all the same costs a little sharpness.");
    }
    std::vector<media::CarryItem> items = media::planCarry(plan.input, plan.output, plan.request.range);
    for (const media::CarryItem& item : items) {
        if (item.fate != media::CarryItem::Fate::kKept) {
            context.journal.log(base::LogLevel::kWarning, sentence(item, false));
        }
    }
    return items;
}

// "12, 13, 14 and 7 more"
std::string listText(const std::vector<std::int64_t>& frames)
{
    constexpr std::size_t kNamed = 5;
    std::string text;
    for (std::size_t i = 0; i < std::min(frames.size(), kNamed); ++i) {
        text += (i > 0 ? ", " : "") + std::to_string(frames[i]);
    }
    return frames.size() > kNamed ? text + " and " + std::to_string(frames.size() - kNamed) + " more" : text;
}

struct Numbered {
    std::int64_t index = 0;
    MadeFrame made;
};

// Compute on this thread, encoding on another, a few frames between them.
class Pipeline {
public:
    Pipeline(const EnhancePlan& plan, const RunContext& context, SegmentWriter& segments, ProgressMeter& meter)
        : plan_(plan)
        , context_(context)
        , segments_(segments)
        , meter_(meter)
    {}

    void run()
    {
        std::exception_ptr failure;
        std::thread encoder([this] { encode(); });
        try {
            compute();
            queue_.close();
        } catch (...) {
            failure = std::current_exception();
            queue_.abort();
        }
        encoder.join();
        // When encoding fails, computing only sees that nobody takes its frames.
        if (failure || encodeFailure_) {
            std::rethrow_exception(failure ? failure : encodeFailure_);
        }
        if (!concealed_.empty()) {
            context_.journal.log(base::LogLevel::kWarning,
                "The clip is damaged at frame " + listText(concealed_) +
                    ". What could be decoded there, or else the nearest whole frame, was used.");
        }
    }

private:
    void compute()
    {
        Workshop workshop(plan_, context_.control);
        for (std::int64_t index = segments_.nextFrame(); index < plan_.range.end; ++index) {
            context_.control.checkpoint();
            if (!queue_.push({index, workshop.maker().make(index)})) {
                return;
            }
        }
    }

    void encode()
    {
        try {
            while (const std::optional<Numbered> item = queue_.pop()) {
                context_.control.checkpoint();
                if (!item->made.source.isEmpty() && item->made.source.description().isConcealed) {
                    concealed_.push_back(item->index);
                }
                if (const auto segment = segments_.write(item->made, item->index)) {
                    context_.journal.tryWrite(jobs::SegmentEvent{segment->range, "segments/" + segment->file});
                }
                if (const auto due = meter_.advance("enhancing", item->index + 1 - plan_.range.begin)) {
                    context_.journal.tryWrite(*due);
                }
            }
        } catch (...) {
            encodeFailure_ = std::current_exception();
            queue_.abort();
        }
    }

    const EnhancePlan& plan_;
    const RunContext& context_;
    SegmentWriter& segments_;
    ProgressMeter& meter_;
    base::BoundedQueue<Numbered> queue_{3};
    // Of the encoding thread; read after it was joined.
    std::exception_ptr encodeFailure_;
    std::vector<std::int64_t> concealed_; // source frames that were damaged
};

// `announced`: what was said before the work; only what came otherwise is said again.
void join(const EnhancePlan& plan, const RunContext& context, const SegmentWriter& segments, ProgressMeter& meter,
    const std::vector<media::CarryItem>& announced)
{
    // Somebody may have put a file there while the frames were made.
    media::checkOutput(plan.input, plan.output, plan.request.overwrite);
    const std::int64_t total = plan.range.size();
    context.journal.tryWrite(meter.now("joining", 0));
    media::JoinSettings settings;
    settings.carryFrom = plan.input;
    settings.range = plan.request.range;
    settings.control = &context.control;
    settings.progress = [&](double fraction) {
        const auto done = std::clamp<std::int64_t>(std::llround(fraction * static_cast<double>(total)), 0, total);
        if (const auto due = meter.advance("joining", done)) {
            context.journal.tryWrite(*due);
        }
    };
    for (const media::CarryItem& item : media::joinSegments(segments.files(), plan.output, settings)) {
        if (item.fate != media::CarryItem::Fate::kKept &&
            std::find(announced.begin(), announced.end(), item) == announced.end()) {
            context.journal.log(base::LogLevel::kWarning, sentence(item, true));
        }
    }
    context.journal.tryWrite(meter.now("joining", total));
}

EnhanceResult makeResult(const EnhancePlan& plan, const RunContext& context)
{
    SegmentWriter segments(plan, context.job.segmentFolder(), context.control);
    const std::int64_t found = segments.framesDone();
    checkDiskSpace(plan, context.job.path(), found);
    if (found > 0) {
        context.journal.log(
            base::LogLevel::kInfo, "Going on after " + std::to_string(found) + " frames that are finished already.");
    }
    const std::vector<media::CarryItem> announced = announceChanges(plan, context);
    ProgressMeter meter(plan.range.size(), context.workSeconds);
    context.journal.tryWrite(meter.now("enhancing", found));
    try {
        if (found < plan.range.size()) {
            Pipeline(plan, context, segments, meter).run();
        }
        join(plan, context, segments, meter, announced);
    } catch (const base::Error& error) {
        if (error.kind() != base::ErrorKind::kDiskFull) {
            throw;
        }
        throw base::Error(error.kind(), error.message(), error.why(),
            error.hint() + " " + std::to_string(segments.framesDone()) +
                " finished frames are kept: start the job again afterwards.");
    }
    std::error_code ignored;
    fs::remove_all(context.job.segmentFolder(), ignored); // they are the result now
    return {base::pathText(plan.output), plan.range.size(), plan.range.size() - found};
}

EnhanceResult makePreview(const EnhancePlan& plan, const RunContext& context)
{
    const std::int64_t index = plan.range.begin;
    Workshop workshop(plan, context.control);
    const MadeFrame made = workshop.maker().make(index);
    char name[32];
    std::snprintf(name, sizeof name, "%06lld.png", static_cast<long long>(index));
    base::makeFolder(context.job.previewFolder());
    writePreview(context.job.previewFolder() / name, made.frame, plan.info.header);
    const std::string path = std::string("previews/") + name;
    context.journal.tryWrite(jobs::ProgressEvent{"enhancing", 1, 1, 0, {}});
    context.journal.write(jobs::PreviewEvent{index, path});
    return {path, 1, 1};
}

} // namespace

EnhanceResult runEnhance(const jobs::EnhanceRequest& request, const RunContext& context)
{
    context.control.checkpoint();
    context.journal.tryWrite(jobs::ProgressEvent{"preparing", 0, request.range ? request.range->size() : 0, 0, {}});
    if (request.model == "auto" && !hasLite() && defaultModel(request.task) == "classical") {
        context.journal.log(base::LogLevel::kInfo, liteProblem() + " The classical model does the work.");
    }
    const EnhancePlan plan = planEnhance(request, context.segmentFrames, &context.control);
    refuseTakenOutput(plan, &context.job);
    return request.purpose == jobs::Purpose::kPreview ? makePreview(plan, context) : makeResult(plan, context);
}

} // namespace reelmend::runner
