#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/compare_picture.h"
#include "app/cli/stop_signals.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/video_reader.h"
#include "core/video/scores.h"

namespace reelmend::cli {

namespace {

// Equal frames have no finite PSNR; a mean over frames needs one.
constexpr double kEqualPsnr = 100;

struct Options {
    std::string a, b, picture;
    std::string metrics = "psnr,ssim";
    std::int64_t pictureFrame = -1;
    bool asJson = false;
};

struct Totals {
    std::int64_t frames = 0, equalFrames = 0;
    double psnr = 0, ssim = 0;
    double lowestPsnr = kEqualPsnr, lowestSsim = 1;

    void add(const video::FrameScores& scores)
    {
        const double finite = std::min(scores.psnr, kEqualPsnr);
        ++frames;
        equalFrames += scores.isEqual ? 1 : 0;
        psnr += finite;
        ssim += scores.ssim;
        lowestPsnr = std::min(lowestPsnr, finite);
        lowestSsim = std::min(lowestSsim, scores.ssim);
    }
};

bool wants(const std::string& metrics, const std::string& name)
{
    return ("," + metrics + ",").find("," + name + ",") != std::string::npos;
}

void checkMetrics(const std::string& metrics)
{
    std::size_t begin = 0;
    while (begin <= metrics.size()) {
        const std::size_t end = std::min(metrics.find(',', begin), metrics.size());
        const std::string name = metrics.substr(begin, end - begin);
        if (name != "psnr" && name != "ssim" && name != "none") {
            throw base::Error(base::ErrorKind::kUsage, "The clips cannot be compared.",
                "There is no metric \"" + name + "\".", "Choose from psnr, ssim, or none.");
        }
        begin = end + 1;
    }
}

std::string shown(const char* format, double value)
{
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

Totals score(Output& output, const Options& options, media::VideoReader& a, media::VideoReader& b,
    const base::Control& control)
{
    const bool wantsPsnr = wants(options.metrics, "psnr");
    const bool wantsSsim = wants(options.metrics, "ssim");
    Totals totals;
    if (!wantsPsnr && !wantsSsim) {
        return totals;
    }
    const std::int64_t count = std::min(a.frameCount(), b.frameCount());
    for (std::int64_t i = 0; i < count; ++i) {
        control.checkpoint();
        const video::FrameScores scores = video::scoreFrames(a.frame(i), b.frame(i));
        totals.add(scores);
        if (options.asJson) {
            nlohmann::json line{{"frame", i}, {"equal", scores.isEqual}};
            if (wantsPsnr) {
                line["psnr"] = std::min(scores.psnr, kEqualPsnr);
            }
            if (wantsSsim) {
                line["ssim"] = scores.ssim;
            }
            output.json(line);
        }
    }
    return totals;
}

void report(Output& output, const Options& options, const Totals& totals, std::int64_t framesA, std::int64_t framesB)
{
    const auto count = static_cast<double>(std::max<std::int64_t>(1, totals.frames));
    const std::string mismatch = framesA == framesB
                                     ? std::string()
                                     : "The first clip has " + std::to_string(framesA) + " frames, the second " +
                                           std::to_string(framesB) + ": the first " +
                                           std::to_string(std::min(framesA, framesB)) + " were compared.";
    if (options.asJson) {
        nlohmann::json last{{"frames", totals.frames}, {"framesA", framesA}, {"framesB", framesB},
            {"equalFrames", totals.equalFrames}};
        if (wants(options.metrics, "psnr")) {
            last.update({{"psnr", totals.psnr / count}, {"psnrLowest", totals.lowestPsnr}});
        }
        if (wants(options.metrics, "ssim")) {
            last.update({{"ssim", totals.ssim / count}, {"ssimLowest", totals.lowestSsim}});
        }
        if (!mismatch.empty()) {
            last["note"] = mismatch;
        }
        output.json(last);
        return;
    }
    if (!mismatch.empty()) {
        output.line(mismatch);
    }
    output.line(
        "frames  " + std::to_string(totals.frames) + " compared, " + std::to_string(totals.equalFrames) + " equal");
    if (wants(options.metrics, "psnr")) {
        output.line("PSNR    " + shown("%.2f dB mean", totals.psnr / count) +
                    shown(", %.2f dB lowest", totals.lowestPsnr) + " (RGB; equal frames count as 100 dB)");
    }
    if (wants(options.metrics, "ssim")) {
        output.line("SSIM    " + shown("%.4f mean", totals.ssim / count) + shown(", %.4f lowest", totals.lowestSsim) +
                    " (Y)");
    }
}

int compare(Output& output, const Options& options)
{
    checkMetrics(options.metrics);
    base::Control control;
    const StopSignals signals(control);
    media::ReaderOptions readerOptions;
    readerOptions.control = &control;
    const auto a = media::VideoReader::open(base::pathFromText(options.a), readerOptions);
    const auto b = media::VideoReader::open(base::pathFromText(options.b), readerOptions);
    const Totals totals = score(output, options, *a, *b, control);
    if (!options.picture.empty()) {
        const std::int64_t last = std::min(a->frameCount(), b->frameCount()) - 1;
        const std::int64_t frame = options.pictureFrame < 0 ? last / 2 : std::min(options.pictureFrame, last);
        writeComparison(base::pathFromText(options.picture), a->frame(frame), b->frame(frame));
    }
    if (totals.frames > 0 || options.picture.empty()) {
        report(output, options, totals, a->frameCount(), b->frameCount());
    } else if (options.asJson) {
        output.json({{"picture", options.picture}});
    }
    return 0;
}

} // namespace

void addCompare(CLI::App& app, Chosen& chosen)
{
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("compare", "Say how near one clip comes to another, frame by frame");
    command->add_option("a", options->a, "A clip, usually the original")->required();
    command->add_option("b", options->b, "A clip of the same size")->required();
    command->add_option("--metrics", options->metrics, "psnr, ssim, both with a comma, or none")
        ->capture_default_str();
    command->add_option("--picture", options->picture, "Write both pictures side by side to this PNG");
    command->add_option("--picture-frame", options->pictureFrame, "Frame for the picture (default: the middle one)");
    command->add_flag(
        "--json", options->asJson, "One JSON object a frame on standard output, the last one the means");
    command->callback([&chosen, options] {
        chosen.asJson = options->asJson;
        chosen.run = [options](Output& output) { return compare(output, *options); };
    });
}

} // namespace reelmend::cli
