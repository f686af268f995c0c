#include "core/runner/finetune_run.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/resources.h"
#include "core/runner/finetune_codec.h"
#include "core/runner/finetune_data.h"
#include "core/runner/finetune_lesson.h"
#include "core/runner/finetune_loop.h"
#include "core/runner/finetune_settings.h"
#include "core/tensor/device.h"

namespace reelmend::runner {

namespace fs = std::filesystem;

namespace {

constexpr double kPackBytes = 768e6; // of footage in memory while it is packed, and on the disk
constexpr double kResultBytes = 60e6;

// For the loss, and on the CPU for scores; null where scores can do without.
std::shared_ptr<perceptual::Lpips> lpipsFor(const jobs::FineTuneRequest& request, c10::Device device)
{
    const fs::path path = base::resourceFile("perceptual/lpips_squeeze_v0.1.safetensors");
    if (path.empty() && request.perceptualWeight > 0) {
        throw base::Error(base::ErrorKind::kUnavailable, "The perceptual loss cannot be computed.",
            "Its weights (resources/perceptual/lpips_squeeze_v0.1.safetensors) are not installed.",
            "Install them, or set perceptualWeight to 0.");
    }
    return path.empty() ? nullptr : perceptual::loadLpips(path, at::TensorOptions(device).dtype(at::kFloat));
}

// Processes on one machine share its cores.
void shareThreads(const std::optional<train::ParallelPlace>& place)
{
    tensor::setThreads(place ? std::max(1, tensor::usableCores() / place->localSize) : 0);
}

void checkDisk(const fs::path& folder, double bytes, const char* what)
{
    const auto free = static_cast<double>(base::freeDiskBytes(folder));
    if (free < bytes) {
        throw base::Error(base::ErrorKind::kDiskFull,
            std::string("There is no room for ") + what + " in \"" + base::pathText(folder) + "\".",
            "About " + base::bytesText(bytes) + " is needed, and " + base::bytesText(free) + " is free.",
            "Free some space, keep fewer checkpoints, or choose a folder on another disk.");
    }
}

train::ClipPack openPack(const std::vector<fs::path>& paths)
{
    return train::ClipPack(paths);
}

// What the first process tells the others.
std::string invitation(const PackedData& data, const fs::path& checkpoint, bool hasPairs)
{
    nlohmann::json packs = nlohmann::json::array();
    for (const fs::path& pack : data.training) {
        packs.push_back(base::pathText(pack));
    }
    return nlohmann::json{{"packs", packs}, {"checkpoint", base::pathText(checkpoint)}, {"pairs", hasPairs}}.dump();
}

bool hasPairs(const TeachingData& data)
{
    return !data.clips.empty() && !data.clips.front().degraded.empty();
}

} // namespace

void checkFineTune(const jobs::FineTuneRequest& request, const base::Control* control)
{
    if (jobs::Problems problems = request.validate(); !problems.empty()) {
        throw jobs::RequestError(std::move(problems));
    }
    if (const std::string problem = scheduleOf(request).problem(); !problem.empty()) {
        throw jobs::RequestError("gradient", problem);
    }
    std::error_code code;
    const fs::path output = base::pathFromText(request.output);
    if (!request.overwrite && fs::exists(output, code)) {
        throw jobs::RequestError(
            "output", "There is already a file of that name. Choose another name, or overwrite.");
    }
    if (!fs::is_directory(fs::absolute(output).parent_path(), code)) {
        throw base::Error(base::ErrorKind::kOutput, "\"" + request.output + "\" cannot be written.",
            "Its folder does not exist.", "Choose another folder.");
    }
    const TeachingData data = findTeachingData(request, control);
    for (const fs::path& pack : data.packs) {
        train::ClipPack{pack};
    }
    checkLesson(request, deviceOf(request, train::parallelPlace(train::processEnvironment())));
    checkDisk(fs::absolute(output).parent_path(), kResultBytes, "the result");
}

EnhanceResult runFineTune(const jobs::FineTuneRequest& request, const RunContext& context)
{
    context.control.checkpoint();
    context.journal.tryWrite(jobs::ProgressEvent{"preparing", 0, request.steps, 0, {}});
    checkFineTune(request, &context.control);
    const auto place = train::parallelPlace(train::processEnvironment());
    shareThreads(place);
    const fs::path folder = context.job.path();
    const c10::Device device = deviceOf(request, place);
    const auto lpips = lpipsFor(request, device);
    const auto judge = device.is_cpu() ? lpips : lpipsFor(request, c10::kCPU);
    // Processes that work together stop together, between two steps.
    const std::unique_ptr<Lesson> lesson =
        openLesson(request, device, lpips.get(), place ? nullptr : &context.control);
    checkDisk(
        folder, kPackBytes / 4 + checkpointBytes(request, lesson->student()), "the footage and the checkpoints");
    const auto log = [&](base::LogLevel level, std::string_view text) {
        context.journal.log(level, std::string(text));
    };
    const FfmpegDamage codec;
    const TeachingData data = findTeachingData(request, &context.control);
    const PackedData packed = packTeachingData(data, request, folder, kPackBytes, codec, context.control, log);
    const train::ClipPack pack = openPack(packed.training);
    const train::CheckpointShelf shelf(folder, request.keepCheckpoints);
    std::unique_ptr<train::ParallelGroup> group;
    if (place) {
        group = train::ParallelGroup::join(*place, device);
        group->broadcastText(invitation(packed, shelf.hasNewest() ? shelf.newest() : fs::path(), hasPairs(data)));
    }
    train::BatchSettings batches = batchesOf(request, hasPairs(data));
    batches.codec = &codec;
    FineTuneLoop loop(request, context, pack, batches, lesson->student(), judge.get(), group.get());
    if (packed.validation.empty()) {
        loop.validateOn(pack);
    } else {
        loop.validateOn(openPack(packed.validation));
    }
    const std::int64_t begun = loop.resume(shelf, log);
    loop.run();
    lesson->write(loop.teacher().averaged(),
        {{"task", std::string(jobs::taskName(request.task))}, {"steps", std::to_string(loop.teacher().step())}});
    const std::string output = base::pathText(base::pathFromText(request.output));
    return {output, loop.teacher().step(), loop.teacher().step() - begun};
}

int fineTuneRank()
{
    const auto place = train::parallelPlace(train::processEnvironment());
    return place ? place->rank : 0;
}

void followFineTune(const jobs::FineTuneRequest& request)
{
    const auto place = train::parallelPlace(train::processEnvironment());
    shareThreads(place);
    const c10::Device device = deviceOf(request, place);
    const auto group = train::ParallelGroup::join(*place, device);
    const auto told = nlohmann::json::parse(group->broadcastText({}));
    std::vector<fs::path> packs;
    for (const auto& path : told.at("packs")) {
        packs.push_back(base::pathFromText(path.get<std::string>()));
    }
    const train::ClipPack pack(packs);
    const FfmpegDamage codec;
    train::BatchSettings batches = batchesOf(request, told.at("pairs").get<bool>());
    batches.codec = &codec;
    const auto lpips = lpipsFor(request, device);
    const std::unique_ptr<Lesson> lesson = openLesson(request, device, lpips.get(), nullptr);
    train::Teacher teacher = makeTeacher(request, pack, batches, lesson->student(), group.get());
    if (const auto checkpoint = told.at("checkpoint").get<std::string>(); !checkpoint.empty()) {
        teacher.load(base::pathFromText(checkpoint));
    }
    while (!group->anyone(false) && teacher.step() < request.steps) {
        teacher.advance();
    }
}

} // namespace reelmend::runner
