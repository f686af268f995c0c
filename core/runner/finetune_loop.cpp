#include "core/runner/finetune_loop.h"

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/runner/finetune_pictures.h"
#include "core/runner/finetune_settings.h"
#include "core/tensor/memory_tracker.h"

namespace reelmend::runner {

namespace {

constexpr double kCheckpointSeconds = 120;
constexpr int kLooks = 6;

} // namespace

train::Teacher makeTeacher(const jobs::FineTuneRequest& request, const train::ClipPack& pack,
    const train::BatchSettings& batches, train::Student& student, train::ParallelGroup* group)
{
    const auto seed = static_cast<std::uint64_t>(request.seed);
    train::Teacher teacher(
        teacherOf(request, student.device()),
        [&student](const models::ParameterVisitor& v) { student.visitTrained(v); },
        [&pack, batches, seed](std::int64_t step, std::int64_t item) {
            return train::drawBatch(
                pack, batches, seed, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(item));
        },
        [&student](const train::Batch& batch, std::uint64_t key, double share, train::TeachingStep& record,
            train::PhaseClock& clock) { student.backward(batch, key, share, record, clock); },
        group);
    if (request.gradient == jobs::GradientMode::kChop) {
        const plan::DistanceSchedule course = courseOf(request);
        teacher.measureDistanceWith([&student, course](const train::Batch& batch, std::uint64_t key) {
            return student.distance(batch, key, course);
        });
    }
    return teacher;
}

FineTuneLoop::FineTuneLoop(const jobs::FineTuneRequest& request, const RunContext& context,
    const train::ClipPack& pack, const train::BatchSettings& batches, train::Student& student,
    const perceptual::Lpips* lpips, train::ParallelGroup* group)
    : request_(request)
    , context_(context)
    , batches_(batches)
    , student_(student)
    , lpips_(lpips)
    , group_(group)
    , teacher_(makeTeacher(request, pack, batches, student, group))
    , shelf_(context.job.path(), request.keepCheckpoints)
{}

void FineTuneLoop::validateOn(const train::ClipPack& pack)
{
    if (request_.validateEvery == 0) {
        return;
    }
    train::BatchSettings settings = batches_;
    settings.crop = request_.validationSize / 8 * 8;
    looks_ = train::validationBatches(pack, settings, kLooks);
}

std::int64_t FineTuneLoop::resume(const train::CheckpointShelf& shelf, const base::LogSink& log)
{
    if (shelf.hasNewest()) {
        const train::Teacher::Notes notes = teacher_.load(shelf.newest());
        if (const auto best = notes.find("best_psnr"); best != notes.end()) {
            bestPsnr_ = nlohmann::json::parse(best->second).get<double>();
        }
        log(base::LogLevel::kInfo, "Going on after step " + std::to_string(teacher_.step()) + ".");
    }
    return teacher_.step();
}

void FineTuneLoop::run()
{
    using Standing = train::CheckpointShelf::Standing;
    kept_ = base::monotonicSeconds();
    bool isCancelled = false, isKept = false;
    const auto whileAllowed = [&](const auto& work) {
        try {
            context_.control.checkpoint();
            work();
        } catch (const base::Cancelled&) {
            isCancelled = true;
        }
    };
    if (teacher_.step() == 0 && request_.validateEvery > 0) {
        whileAllowed([&] { validate(); });
    }
    while (true) {
        whileAllowed([] {});
        const bool isTimeUp = request_.minutes > 0 && context_.workSeconds() > request_.minutes * 60;
        const bool stops = isCancelled || isTimeUp;
        if ((group_ ? group_->anyone(stops) : stops) || teacher_.step() >= request_.steps) {
            break;
        }
        try {
            announce(teacher_.advance());
        } catch (const base::Cancelled&) { // within a step, which then has changed nothing
            isCancelled = true;
            break;
        }
        isKept = false;
        bool isBest = false;
        const bool isDue = request_.validateEvery > 0 && teacher_.step() % request_.validateEvery == 0;
        if (isDue) {
            whileAllowed([&] { isBest = validate(); });
        }
        if (isDue || base::monotonicSeconds() - kept_ > kCheckpointSeconds) {
            keep(isBest ? Standing::kBest : Standing::kOrdinary);
            isKept = true;
        }
    }
    if (!isKept) {
        keep(Standing::kOrdinary);
    }
    if (isCancelled) {
        throw base::Cancelled();
    }
}

void FineTuneLoop::announce(const train::TeachingStep& record)
{
    jobs::StepEvent event;
    event.step = record.step + 1;
    event.steps = request_.steps;
    event.loss = record.loss;
    event.charbonnier = record.charbonnier;
    event.frameDifference = record.frameDifference;
    event.perceptual = record.perceptual;
    event.terms = record.moreTerms;
    event.gradientNorm = record.gradientNorm;
    event.gradientNorms = record.partNorms;
    event.learningRate = record.learningRate;
    event.seconds = record.seconds;
    event.dataWait = record.dataWait;
    event.peakBytes = tensor::processPeakBytes();
    event.isRejected = record.rejected;
    event.distance = record.distance;
    for (const train::TeachingStep::Phase& phase : record.phases) {
        event.phases.push_back({phase.name, phase.seconds, phase.peakBytes});
    }
    context_.journal.tryWrite(event);
}

bool FineTuneLoop::validate()
{
    const train::Student::Values values = teacher_.averaged();
    const auto run = [&](const train::Batch& batch) { return student_.frames(values, batch); };
    const train::Validation validation = train::validate(looks_, run, lpips_, context_.control);
    const std::filesystem::path pictures = writeValidation(context_.job.previewFolder(), teacher_.step(), validation);
    const std::string folder = "previews/" + base::pathText(pictures.filename());
    jobs::ValidationEvent event = eventOf(teacher_.step(), validation);
    event.isBest = validation.after.psnr > bestPsnr_;
    event.pictures = folder;
    bestPsnr_ = std::max(bestPsnr_, validation.after.psnr);
    context_.journal.tryWrite(event);
    context_.journal.tryWrite(jobs::PreviewEvent{teacher_.step(), folder + "/sheet.png"});
    return event.isBest;
}

void FineTuneLoop::keep(train::CheckpointShelf::Standing standing)
{
    shelf_.store(teacher_.step(), standing, [this](const std::filesystem::path& path) {
        teacher_.save(path, {{"best_psnr", nlohmann::json(std::max(bestPsnr_, -1e9)).dump()}});
    });
    kept_ = base::monotonicSeconds();
}

} // namespace reelmend::runner
