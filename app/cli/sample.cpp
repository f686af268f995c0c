#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/progress_line.h"
#include "app/cli/stop_signals.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/classical/sample_scene.h"
#include "core/jobs/event.h"
#include "core/media/add_sound.h"
#include "core/media/join.h"
#include "core/media/video_writer.h"
#include "core/runner/progress_meter.h"

namespace reelmend::cli {

namespace fs = std::filesystem;

namespace {

constexpr media::WriterQuality kQuality = media::WriterQuality::kGood;

struct Options {
    std::string path, size = "640x360";
    std::uint64_t seed = 1;
    bool overwrite = false, asJson = false;
};

classical::SampleSettings settingsOf(const Options& options)
{
    classical::SampleSettings settings;
    char rest = 0;
    if (std::sscanf(options.size.c_str(), "%dx%d%c", &settings.width, &settings.height, &rest) != 2) {
        throw base::Error(base::ErrorKind::kUsage, "The size \"" + options.size + "\" cannot be used.",
            "It is not of the form 640x360.", "Give width and height in pixels.");
    }
    if (settings.width % 2 != 0 || settings.height % 2 != 0) {
        throw base::Error(base::ErrorKind::kUsage, "The size \"" + options.size + "\" cannot be used.",
            "A side is odd, and colour is stored for two pixels at a time.",
            "Give even numbers, from 64x36 to 4096x2304.");
    }
    settings.seed = options.seed;
    return settings;
}

// A file that is gone when this is.
class ScratchFile {
public:
    explicit ScratchFile(fs::path path)
        : path_(std::move(path))
    {}
    ~ScratchFile()
    {
        std::error_code ignored;
        fs::remove(path_, ignored);
    }
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

void writePictures(const fs::path& path, video::FrameSource& scene, media::Codec codec, Output& output, bool asJson,
    const base::Control& control)
{
    const video::Frame first = scene.frame(0);
    media::WriterSettings settings;
    settings.path = path;
    settings.codec = codec;
    settings.quality = kQuality;
    settings.pixelFormat = first.format().name;
    settings.width = first.width();
    settings.height = first.height();
    settings.timeBase = first.time().timeBase;
    settings.frameRate = scene.info().frameRate();
    settings.colour = first.colour();
    settings.control = &control;
    media::VideoWriter writer(settings);
    ProgressLine line(::isatty(STDERR_FILENO) != 0);
    std::uint64_t sequence = 0;
    runner::ProgressMeter meter(scene.frameCount(), base::monotonicSeconds);
    for (std::int64_t i = 0; i < scene.frameCount(); ++i) {
        control.checkpoint();
        writer.write(scene.frame(i), nullptr, nullptr);
        if (const auto due = meter.advance("painting", i + 1)) {
            const jobs::Event event{++sequence, base::utcNowText(), *due};
            if (asJson) {
                output.json(jobs::toJson(event));
            } else {
                line.show(event);
            }
        }
    }
    writer.finish();
}

int makeSample(Output& output, const Options& options)
{
    base::Control control;
    const StopSignals signals(control);
    const fs::path path = fs::absolute(base::pathFromText(options.path)).lexically_normal();
    media::checkOutput({}, path, options.overwrite);
    const auto scene = classical::makeSampleScene(settingsOf(options));
    const media::Codec codec = media::codecFor(path, kQuality);
    if (media::isSequenceCodec(codec)) {
        writePictures(path, *scene, codec, output, options.asJson, control);
    } else {
        const ScratchFile pictures(
            base::cacheFolder() / ("sample-" + std::to_string(::getpid()) + media::segmentExtension(codec)));
        writePictures(pictures.path(), *scene, codec, output, options.asJson, control);
        const double seconds = static_cast<double>(scene->frameCount()) / scene->info().frameRate().value();
        const media::Sound sound{classical::makeSampleSound(seconds, options.seed), 2, classical::kSampleSoundRate};
        media::addSound(pictures.path(), sound, path, &control);
    }
    if (options.asJson) {
        output.json({{"path", base::pathText(path)}, {"frames", scene->frameCount()}});
    } else {
        output.line(base::pathText(path));
    }
    return 0;
}

} // namespace

void addSample(CLI::App& app, Chosen& chosen)
{
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("sample", "Paint a short scene to try things on");
    command->add_option("-o,--out", options->path, "The clip; its extension chooses the container")->required();
    command->add_option("--size", options->size, "Width and height")->capture_default_str();
    command->add_option("--seed", options->seed, "Another number, another scene")
        ->capture_default_str()
        ->check(seedProblem);
    command->add_flag("--overwrite", options->overwrite, "Replace an existing file");
    command->add_flag("--json", options->asJson, "Progress and result on standard output, one JSON object a line");
    command->callback([&chosen, options] {
        chosen.asJson = options->asJson;
        chosen.run = [options](Output& output) { return makeSample(output, *options); };
    });
}

} // namespace reelmend::cli
