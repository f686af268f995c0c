#include "core/runner/enhance_plan.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/json_text.h"
#include "core/jobs/segment_index.h"
#include "core/media/join.h"
#include "core/media/mask_reader.h"
#include "core/media/video_reader.h"
#include "core/runner/capabilities.h"
#include "core/runner/dove_maker.h"
#include "core/runner/file_fingerprint.h"
#include "core/runner/lite_maker.h"
#include "core/runner/model_choice.h"
#include "core/runner/one_step_maker.h"

namespace reelmend::runner {

namespace fs = std::filesystem;

namespace {

media::WriterQuality writerQuality(jobs::Quality quality)
{
    switch (quality) {
    case jobs::Quality::kDraft:
        return media::WriterQuality::kDraft;
    case jobs::Quality::kBest:
        return media::WriterQuality::kBest;
    case jobs::Quality::kLossless:
        return media::WriterQuality::kLossless;
    case jobs::Quality::kGood:
        break;
    }
    return media::WriterQuality::kGood;
}

media::Codec writerCodec(const jobs::EnhanceRequest& request, const fs::path& output, media::WriterQuality quality)
{
    constexpr std::array<std::pair<jobs::Codec, media::Codec>, 6> kCodecs{
        {{jobs::Codec::kH264, media::Codec::kH264}, {jobs::Codec::kH265, media::Codec::kH265},
            {jobs::Codec::kAv1, media::Codec::kAv1}, {jobs::Codec::kVp9, media::Codec::kVp9},
            {jobs::Codec::kProRes, media::Codec::kProRes}, {jobs::Codec::kFfv1, media::Codec::kFfv1}}};
    const media::Codec usual = media::codecFor(output, quality);
    const auto* asked = std::find_if(
        kCodecs.begin(), kCodecs.end(), [&request](const auto& entry) { return entry.first == request.codec; });
    if (asked == kCodecs.end()) {
        return usual;
    }
    if (media::isSequenceCodec(usual)) {
        throw jobs::RequestError(
            "codec", "The name says what kind of pictures is made; a codec is for a video file.");
    }
    media::checkContainer(output, asked->second);
    return asked->second;
}

// Bits per pixel that a result takes at least, give or take: only a disk that is clearly too small is refused.
double bitsPerPixel(const media::WriterSettings& writer, int rawBits)
{
    if (writer.codec == media::Codec::kFfv1 || writer.quality == media::WriterQuality::kLossless) {
        return 0.25 * rawBits;
    }
    if (media::isSequenceCodec(writer.codec)) {
        return writer.codec == media::Codec::kJpeg ? 0.8 : 0.3 * rawBits;
    }
    if (writer.codec == media::Codec::kProRes) {
        return 3;
    }
    switch (writer.quality) {
    case media::WriterQuality::kDraft:
        return 0.02;
    case media::WriterQuality::kBest:
        return 0.15;
    default:
        return 0.06;
    }
}

int rawBitsPerPixel(const video::PixelFormat& format)
{
    double bits = 0;
    for (int i = 0; i < format.componentCount; ++i) {
        const int shift = format.isChroma(i) ? format.log2ChromaWidth + format.log2ChromaHeight : 0;
        bits += format.components[static_cast<std::size_t>(i)].depth / static_cast<double>(1 << shift);
    }
    return static_cast<int>(std::lround(bits));
}

base::FrameRange rangeOf(const jobs::EnhanceRequest& request, std::int64_t frames)
{
    const base::FrameRange range = request.range.value_or(base::FrameRange{0, frames});
    if (frames < 1) {
        throw base::Error(base::ErrorKind::kInput, "The clip \"" + request.input + "\" cannot be enhanced.",
            "It holds no picture.", "Check that it plays elsewhere.");
    }
    if (range.end > frames) {
        throw jobs::RequestError("range", "It ends at frame " + std::to_string(range.end) + ", and the clip has " +
                                              std::to_string(frames) + (frames == 1 ? " frame." : " frames."));
    }
    return range;
}

// What the run would stumble over after an hour's work. Also outside the range: the frames around it are read, too.
void refuseOddPictures(const EnhancePlan& plan)
{
    if (const std::vector<std::int64_t>& odd = plan.info.scan->oddFrames; !odd.empty()) {
        throw base::Error(base::ErrorKind::kInput, "\"" + plan.request.input + "\" cannot be enhanced.",
            "Frame " + std::to_string(odd.front()) + " is not of the size that the sequence begins with.",
            "Make all pictures the same size, or take it out of the folder.");
    }
}

// Permissions do not tell everything (network shares, system folders): makes a file without a name, or one that is
// gone at once.
void checkTakesFiles(const fs::path& output)
{
    const fs::path folder = fs::absolute(output).parent_path();
    int file = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
        const fs::path name = folder / (".reelmend-" + std::to_string(::getpid()));
        file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        ::unlink(name.c_str());
    }
    if (file < 0) {
        const std::string what = "\"" + base::pathText(output) + "\" cannot be written.";
        if (errno == ENOENT) {
            throw base::Error(base::ErrorKind::kOutput, what, "Its folder takes no files.", "Choose another folder.");
        }
        throw base::systemError(base::ErrorKind::kOutput, what, errno);
    }
    ::close(file);
}

void checkPlaces(const jobs::EnhanceRequest& request, const fs::path& input, const fs::path& output)
{
    if (request.purpose == jobs::Purpose::kPreview) {
        return;
    }
    media::checkOutput(input, output, request.overwrite);
    checkTakesFiles(output);
    if (!request.mask.empty() && base::isSameFile(base::pathFromText(request.mask), output)) {
        throw jobs::RequestError("output", "The result would replace the mask. Choose another name.");
    }
}

Preparation preparationOf(const EnhancePlan& plan)
{
    const video::ClipHeader& header = plan.info.header;
    Preparation preparation;
    if (plan.request.purpose == jobs::Purpose::kResult && !media::holdsRotation(plan.output)) {
        preparation.turnDegrees = header.rotationDegrees;
    }
    // Untagged footage is taken by its size: a larger picture of the same samples would be taken for another.
    if (plan.scale > 1 && header.colour.matrix == video::Matrix::kUnspecified &&
        header.pixelFormat.starts_with("yuv")) {
        const auto taken = [&](int scale) {
            return video::effectiveTags(header.colour, header.width * scale, header.height * scale, true);
        };
        if (taken(1).matrix != taken(plan.scale).matrix) {
            preparation.colour = taken(1);
        }
    }
    return preparation;
}

std::string originOf(const EnhancePlan& plan, const std::string& encoder)
{
    nlohmann::json request = toJson(plan.request);
    for (const char* name : {"output", "overwrite"}) {
        request.erase(name); // where the result goes does not change what it is
    }
    nlohmann::json adapters = nlohmann::json::array();
    for (const jobs::AdapterUse& adapter : plan.request.adapters) {
        adapters.push_back(fingerprint(base::pathFromText(adapter.path)));
    }
    nlohmann::json references = nlohmann::json::array();
    for (const std::string& path : plan.request.references) {
        references.push_back(fingerprint(base::pathFromText(path)));
    }
    const auto printOf = [](const std::string& path) {
        return path.empty() ? std::string() : fingerprint(base::pathFromText(path));
    };
    return jobs::compactText({{"request", std::move(request)}, {"program", REELMEND_VERSION},
        {"input", fingerprint(plan.input)}, {"mask", printOf(plan.request.mask)},
        {"weights", weightFingerprint(plan.request.model)}, {"prompt", printOf(plan.request.promptEmbedding)},
        {"references", std::move(references)}, {"adapters", std::move(adapters)},
        {"codec", media::codecName(plan.writer.codec)}, {"encoder", encoder}, {"extension", plan.segmentExtension},
        {"segmentFrames", plan.segmentFrames}, {"turned", plan.preparation.turnDegrees}});
}

} // namespace

base::FrameRange EnhancePlan::segmentRange(std::int64_t number) const
{
    const std::int64_t begin = range.begin + number * segmentFrames;
    return {begin, std::min(begin + segmentFrames, range.end)};
}

std::string EnhancePlan::segmentFile(std::int64_t number) const
{
    char name[32];
    std::snprintf(name, sizeof name, "%06lld", static_cast<long long>(number));
    return isSequence ? std::string(name) + "/%06d" + segmentExtension : name + segmentExtension;
}

EnhancePlan planEnhance(const jobs::EnhanceRequest& asked, std::int64_t segmentFrames, const base::Control* control)
{
    const jobs::EnhanceRequest request = resolved(asked);
    jobs::Problems problems = request.validate();
    if (problems.empty()) {
        problems = unsupported(request);
    }
    if (!problems.empty()) {
        throw jobs::RequestError(std::move(problems));
    }
    EnhancePlan plan;
    plan.request = request;
    plan.input = base::pathFromText(request.input);
    if (request.purpose == jobs::Purpose::kResult) {
        plan.output = base::pathFromText(request.output);
    }
    if (isDove(request.model)) {
        checkDoveModel(request);
    } else if (isPublishedModel(request.model)) {
        checkOneStepModel(request);
    } else if (request.model != "classical" && (request.model != "lite" || !request.adapters.empty())) {
        checkLiteModel(request);
    }
    checkPlaces(request, plan.input, plan.output);

    media::ReaderOptions options;
    options.control = control;
    const auto reader = media::VideoReader::open(plan.input, options);
    plan.info = reader->info();
    plan.range = rangeOf(request, reader->frameCount());
    refuseOddPictures(plan);
    plan.scale = request.task == jobs::Task::kUpscale ? request.scale : 1;
    if (!request.mask.empty()) {
        media::openMask(base::pathFromText(request.mask), plan.info.header.width, plan.info.header.height,
            reader->frameCount(), control);
    }
    plan.preparation = preparationOf(plan);
    plan.info = prepared(std::move(plan.info), plan.preparation);
    const video::ClipHeader& header = plan.info.header;
    if (std::max(header.width, header.height) * plan.scale > 32768) {
        throw jobs::RequestError("scale", "The result would be " + std::to_string(header.width * plan.scale) + "x" +
                                              std::to_string(header.height * plan.scale) +
                                              "; no side may be longer than 32768 pixels.");
    }

    media::WriterSettings& writer = plan.writer;
    writer.quality = writerQuality(request.quality);
    const video::PixelFormat& format = reader->nativeFormat();
    writer.pixelFormat = format.name;
    writer.floatBits = header.isFloat && header.bitDepth == 16 ? 16 : 32;
    writer.width = header.width * plan.scale;
    writer.height = header.height * plan.scale;
    writer.timeBase = reader->time(plan.range.begin).timeBase;
    writer.frameRate = plan.info.frameRate();
    writer.colour = header.colour;
    writer.pixelAspect = header.pixelAspect;
    writer.rotationDegrees = header.rotationDegrees;
    // Fields that were made larger, or one, are fields no longer.
    writer.fieldOrder = request.deinterlace || plan.scale > 1 ? video::FieldOrder::kProgressive : header.fieldOrder;
    plan.segmentFrames = segmentFrames;
    if (plan.segmentFrames < 1) {
        const double rate = writer.frameRate.isPositive() ? writer.frameRate.value() : 24;
        const double seconds = request.model == "classical" ? 4 : 2; // what an interruption may cost
        plan.segmentFrames = std::clamp<std::int64_t>(std::llround(seconds * rate), 24, 240);
    }
    if (request.purpose == jobs::Purpose::kResult) {
        writer.codec = writerCodec(request, plan.output, writer.quality);
        plan.isSequence = media::isSequenceCodec(writer.codec);
        plan.segmentExtension =
            plan.isSequence ? base::pathText(plan.output.extension()) : media::segmentExtension(writer.codec);
        const std::string encoder = media::storedFormat(writer).encoder; // throws where this machine cannot write it
        const double pixels =
            static_cast<double>(writer.width) * writer.height * static_cast<double>(plan.range.size());
        plan.outputBytes = pixels * bitsPerPixel(writer, rawBitsPerPixel(format)) / 8;
        plan.origin = originOf(plan, encoder);
    }
    return plan;
}

void refuseTakenOutput(const EnhancePlan& plan, const jobs::JobFolder* self)
{
    if (plan.request.purpose == jobs::Purpose::kPreview) {
        return;
    }
    for (const jobs::JobFolder& job : jobs::JobFolder::list(jobs::JobFolder::standardRoot())) {
        if (!job.isLocked() || (self && job.id() >= self->id())) {
            continue;
        }
        std::string output;
        try {
            output = job.enhanceRequest().output;
        } catch (const base::Error&) {
            continue; // of another kind
        }
        if (base::pathFromText(output).lexically_normal() == fs::absolute(plan.output).lexically_normal()) {
            throw base::Error(base::ErrorKind::kOutput, "\"" + plan.request.output + "\" cannot be written.",
                "The job " + job.id() + " is making it.", "Choose another name, or cancel that job first.");
        }
    }
}

void checkDiskSpace(const EnhancePlan& plan, const fs::path& jobFolder, std::int64_t framesDone)
{
    if (plan.request.purpose == jobs::Purpose::kPreview) {
        return;
    }
    const auto check = [](const fs::path& folder, double needed, const char* what) {
        constexpr double kReserve = 1 << 20;
        const auto free = static_cast<double>(base::freeDiskBytes(folder));
        if (free < needed + kReserve) {
            throw base::Error(base::ErrorKind::kDiskFull,
                std::string("There is no room for ") + what + " in \"" + base::pathText(folder) + "\".",
                "At least " + base::bytesText(needed + kReserve) + " is needed, and " + base::bytesText(free) +
                    " is free.",
                "Free some space, or choose a folder on another disk.");
        }
    };
    const double left = plan.outputBytes * static_cast<double>(plan.range.size() - framesDone) /
                        static_cast<double>(plan.range.size());
    fs::path target = fs::absolute(plan.output).parent_path();
    check(jobFolder, left, "the job's finished pieces");
    check(target, plan.outputBytes, "the result");
}

} // namespace reelmend::runner
