#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/compare_picture.h"
#include "app/cli/compare_report.h"
#include "app/cli/compare_scores.h"
#include "app/cli/stop_signals.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/job_folder.h"
#include "core/media/job_source.h"
#include "core/media/mask_reader.h"
#include "core/media/video_reader.h"

namespace reelmend::cli {

namespace {

struct Options {
    std::string a, b, picture, mask, maskSide = "in", range;
    std::string metrics = "psnr,ssim";
    std::optional<std::int64_t> offset;
    std::int64_t pictureFrame = -1;
    int threads = 0;
    bool asJson = false, asCsv = false, everyFrame = false;
};

// A file, numbered pictures, or a job by its folder or its id.
struct Side {
    std::unique_ptr<video::FrameSource> frames;
    std::optional<std::int64_t> firstFrame; // of the clip that a job was made from
};

Side openSide(const std::string& name, const media::ReaderOptions& options)
{
    const auto path = base::pathFromText(name);
    std::error_code ignored;
    const bool isId = jobs::isJobId(name) && !std::filesystem::exists(path, ignored);
    if (isId || media::isJobFolder(path)) {
        media::JobClip clip = media::openJob(
            isId ? jobs::JobFolder::find(jobs::JobFolder::standardRoot(), name) : jobs::JobFolder::open(path),
            options);
        return {std::move(clip.frames), clip.firstFrame};
    }
    return {media::VideoReader::open(path, options), std::nullopt};
}

// Which frames stand beside each other.
void align(ComparedClips& clips, const Options& options, const Side& a, const Side& b)
{
    clips.framesA = a.frames->frameCount();
    clips.framesB = b.frames->frameCount();
    clips.offset = a.firstFrame.value_or(0) - b.firstFrame.value_or(0);
    if (clips.offset != 0) {
        clips.offsetReason = "the job began there";
    }
    if (options.offset) {
        clips.offset = *options.offset;
        clips.offsetReason.clear();
    }
    clips.range = base::parseRange(options.range, clips.framesA)
                      .intersected({-clips.offset, clips.framesB - clips.offset})
                      .intersected({0, clips.framesA});
    if (clips.range.empty()) {
        throw base::Error(base::ErrorKind::kUsage, "The clips cannot be compared.",
            "With an offset of " + std::to_string(clips.offset) +
                " no frame of the first has a partner in the second.",
            "Choose another --offset or --range.");
    }
}

void invert(video::Mask& mask)
{
    for (std::uint16_t& value : mask.pixels) {
        value = static_cast<std::uint16_t>(65535 - value);
    }
}

// The mask of a frame, the wanted side in white.
class Where {
public:
    Where(const Options& options, const Side& a, const base::Control& control)
        : isInside_(options.maskSide == "in")
    {
        if (!options.mask.empty()) {
            const video::Frame first = a.frames->frame(0);
            source_ = media::openMask(
                base::pathFromText(options.mask), first.width(), first.height(), a.frames->frameCount(), &control);
        }
    }
    const video::Mask* at(std::int64_t frame)
    {
        if (source_ && (!hasMask_ || !source_->isStatic())) {
            mask_ = source_->mask(frame);
            hasMask_ = true;
            if (!isInside_) {
                invert(mask_);
            }
        }
        return source_ ? &mask_ : nullptr;
    }

private:
    bool isInside_;
    std::unique_ptr<video::MaskSource> source_;
    video::Mask mask_;
    bool hasMask_ = false;
};

CompareReport::Form formOf(const Options& options)
{
    return options.asJson  ? CompareReport::Form::kJson
           : options.asCsv ? CompareReport::Form::kCsv
                           : CompareReport::Form::kText;
}

void writePicture(const Options& options, const ComparedClips& clips, Side& a, Side& b)
{
    const std::int64_t middle = (clips.range.begin + clips.range.end - 1) / 2;
    const std::int64_t frame =
        options.pictureFrame < 0 ? middle : std::clamp(options.pictureFrame, clips.range.begin, clips.range.end - 1);
    writeComparison(
        base::pathFromText(options.picture), a.frames->frame(frame), b.frames->frame(frame + clips.offset));
}

bool isPng(const std::string& path)
{
    std::string extension = base::pathText(base::pathFromText(path).extension());
    std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
    return extension == ".png";
}

int compare(Output& output, const Options& options)
{
    const bool wantsScores = options.metrics != "none";
    if (!options.picture.empty() && !isPng(options.picture)) {
        throw base::Error(base::ErrorKind::kUsage, "The picture \"" + options.picture + "\" cannot be written.",
            "It would be a PNG under another name.", "Give a name that ends in .png.");
    }
    if (!wantsScores && options.picture.empty()) {
        throw base::Error(base::ErrorKind::kUsage, "There is nothing to do.",
            "No scores are asked for, and no picture.", "Leave out --metrics none, or add --picture FILE.png.");
    }
    std::unique_ptr<FrameScorer> scorer;
    if (wantsScores) {
        scorer = makeFrameScorer(options.metrics, !options.mask.empty(), options.threads);
    }
    base::Control control;
    const StopSignals signals(control);
    media::ReaderOptions readerOptions;
    readerOptions.control = &control;
    Side a = openSide(options.a, readerOptions);
    Side b = openSide(options.b, readerOptions);
    ComparedClips clips;
    clips.a = options.a;
    clips.b = options.b;
    clips.mask = options.mask;
    clips.isMaskInside = options.maskSide == "in";
    align(clips, options, a, b);
    if (wantsScores) {
        Where where(options, a, control);
        CompareReport report(output, formOf(options), options.everyFrame, clips, scorer->names());
        for (std::int64_t i = clips.range.begin; i < clips.range.end; ++i) {
            control.checkpoint();
            report.add(i, scorer->score(a.frames->frame(i), b.frames->frame(i + clips.offset), where.at(i)));
        }
        report.finish();
    }
    if (!options.picture.empty()) {
        writePicture(options, clips, a, b);
        if (!wantsScores && options.asJson) {
            output.json({{"picture", options.picture}});
        }
    }
    return 0;
}

} // namespace

void addCompare(CLI::App& app, Chosen& chosen)
{
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("compare", "Say how near one clip comes to another, frame by frame");
    command->add_option("a", options->a, "A clip, numbered pictures, or a job (folder or id): usually the original")
        ->required();
    command->add_option("b", options->b, "The same of what is to be judged, in the same size")->required();
    command
        ->add_option("--metrics", options->metrics,
            "Names with commas: psnr, psnr-y, ssim, ms-ssim, gmsd, vif, niqe, dists, lpips-squeeze, lpips-alex, "
            "lpips-vgg, flicker, ewarp, ewarp-a; or none")
        ->capture_default_str();
    command->add_option("--mask", options->mask, "Measure only where this picture, video or sequence is white");
    command->add_option("--mask-side", options->maskSide, "in: where it is white; out: where it is black")
        ->check(CLI::IsMember({"in", "out"}))
        ->capture_default_str();
    command->add_option("--range", options->range, "Frames of the first clip: first:end");
    command->add_option("--offset", options->offset,
        "Compare frame n of the first with frame n + OFFSET of the second (default: 0; a job of a range: its start)");
    command->add_option("--threads", options->threads, "0 = all cores")->capture_default_str();
    command->add_option("--picture", options->picture, "Write both pictures side by side to this PNG");
    command->add_option("--picture-frame", options->pictureFrame, "Frame for the picture (default: the middle one)");
    command->add_flag("--frames", options->everyFrame, "Every frame's scores, not only the means");
    CLI::Option* json = command->add_flag(
        "--json", options->asJson, "One JSON object a frame on standard output, the last one the means");
    command->add_flag("--csv", options->asCsv, "One line a frame, the last one the means")->excludes(json);
    command->callback([&chosen, options] {
        chosen.asJson = options->asJson;
        chosen.run = [options](Output& output) { return compare(output, *options); };
    });
}

} // namespace reelmend::cli
