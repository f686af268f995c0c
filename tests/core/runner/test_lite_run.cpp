#include <doctest/doctest.h>

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/event_log.h"
#include "core/jobs/job_summary.h"
#include "core/media/video_reader.h"
#include "core/media/video_writer.h"
#include "core/models/lite_file.h"
#include "core/runner/run_job.h"
#include "core/video/convert.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::runner;
namespace fs = std::filesystem;

namespace {

// A clip with a cut after its 17th frame, a mask, and a small network whose random weights change every pixel.
class Scene {
public:
    Scene()
    {
        media::WriterSettings settings;
        settings.path = folder / "clip.mkv";
        settings.codec = media::Codec::kFfv1;
        settings.quality = media::WriterQuality::kLossless;
        settings.pixelFormat = "yuv420p";
        settings.width = 96;
        settings.height = 64;
        settings.timeBase = {1, 24};
        settings.frameRate = {24, 1};
        media::VideoWriter writer(settings);
        for (int i = 0; i < 32; ++i) {
            video::Image8 rgb(96, 64, 3);
            for (int y = 0; y < 64; ++y) {
                for (int x = 0; x < 96; ++x) {
                    for (int c = 0; c < 3; ++c) {
                        const int scene = i < 17 ? (x + 2 * i) * 3 + y : 255 - ((x - i) * (y + i) / 8 + 90 * c);
                        rgb.row(y)[3 * x + c] = static_cast<std::uint8_t>(scene & 255);
                    }
                }
            }
            video::Frame::Description description;
            description.format = video::pixelFormat("yuv420p");
            description.width = 96;
            description.height = 64;
            description.time = {i, 1, {1, 24}};
            writer.write(video::fromRgb(rgb, description), nullptr, nullptr);
        }
        writer.finish();
        video::Image8 mask(96, 64, 1);
        for (int y = 20; y < 40; ++y) {
            std::fill_n(mask.row(y) + 30, 25, std::uint8_t{255});
        }
        std::string pgm = "P5 96 64 255\n";
        pgm.append(mask.pixels.begin(), mask.pixels.end());
        base::writeFileAtomically(folder / "mask.pgm", pgm);

        models::LiteConfig config;
        config.channels = {8, 8, 16};
        config.latentChannels = 24;
        config.heads = 2;
        config.mlpChannels = 24;
        models::LiteWeights weights(config);
        models::initialise(weights, 3);
        weights.out.weight.normal_(0, 0.02, at::detail::createCPUGenerator(5));
        weights.velocity.weight.normal_(0, 0.1, at::detail::createCPUGenerator(6));
        models::saveLite(folder / "weights.safetensors", weights, at::kFloat);

        request.input = base::pathText(folder / "clip.mkv");
        request.output = base::pathText(folder / "out.mkv");
        request.quality = jobs::Quality::kLossless;
        request.model = base::pathText(folder / "weights.safetensors");
        request.task = jobs::Task::kRestore;
        request.overwrite = true;
    }

    jobs::JobState run(std::int64_t segmentFrames = 8)
    {
        base::Control control;
        RunOptions options;
        options.segmentFrames = segmentFrames;
        const jobs::JobFolder job = jobs::JobFolder::create(folder / "jobs", request);
        const jobs::JobState state = runJob(job, control, options);
        failure = jobs::summarise(job).status.failure;
        return state;
    }

    std::vector<video::Frame> frames(const char* name) const
    {
        const auto reader = media::VideoReader::open(folder / name);
        std::vector<video::Frame> all;
        for (std::int64_t i = 0; i < reader->frameCount(); ++i) {
            all.push_back(reader->frame(i));
        }
        return all;
    }

    test::TemporaryFolder folder;
    jobs::EnhanceRequest request;
    std::optional<jobs::FailureEvent> failure;
};

} // namespace

TEST_CASE("lite makes the same frames whatever the pieces, the range, or the interruption")
{
    Scene scene;
    REQUIRE(scene.run() == jobs::JobState::kFinished);
    const std::vector<video::Frame> whole = scene.frames("out.mkv");
    const std::string bytes = base::readFile(scene.folder / "out.mkv");
    const std::vector<video::Frame> source = scene.frames("clip.mkv");
    REQUIRE(whole.size() == 32);
    CHECK_FALSE(video::sameSamples(whole[5], source[5]));

    REQUIRE(scene.run(11) == jobs::JobState::kFinished);
    const std::vector<video::Frame> other = scene.frames("out.mkv");
    for (std::size_t i = 0; i < whole.size(); ++i) {
        CHECK(video::sameSamples(whole[i], other[i]));
    }

    scene.request.range = {{14, 21}};
    REQUIRE(scene.run() == jobs::JobState::kFinished);
    const std::vector<video::Frame> part = scene.frames("out.mkv");
    REQUIRE(part.size() == 7);
    for (std::size_t i = 0; i < part.size(); ++i) {
        CHECK(video::sameSamples(whole[i + 14], part[i]));
    }
    scene.request.range.reset();

    const jobs::JobFolder job = jobs::JobFolder::create(scene.folder / "jobs", scene.request);
    base::Control first;
    RunOptions options;
    options.segmentFrames = 8;
    options.isShutDown = [] { return true; };
    options.onEvent = [&](const jobs::Event& event) {
        if (std::holds_alternative<jobs::SegmentEvent>(event.what)) {
            first.requestCancel();
        }
    };
    CHECK(runJob(job, first, options) == jobs::JobState::kInterrupted);
    options.onEvent = {};
    base::Control second;
    CHECK(runJob(job, second, options) == jobs::JobState::kFinished);
    CHECK(base::readFile(scene.folder / "out.mkv") == bytes);
}

TEST_CASE("lite does every task, and what the mask leaves out keeps its samples")
{
    Scene scene;
    const std::vector<video::Frame> source = scene.frames("clip.mkv");
    const std::string mask = base::pathText(scene.folder / "mask.pgm");
    for (const jobs::Task task : {jobs::Task::kInpaint, jobs::Task::kHarmonise, jobs::Task::kRepair}) {
        CAPTURE(jobs::taskName(task));
        scene.request.task = task;
        scene.request.mask = mask;
        scene.request.range = {{15, 20}};
        REQUIRE(scene.run() == jobs::JobState::kFinished);
        const std::vector<video::Frame> made = scene.frames("out.mkv");
        REQUIRE(made.size() == 5);
        int differing = 0;
        for (std::size_t i = 0; i < made.size(); ++i) {
            for (int y = 0; y < 64; ++y) {
                const std::uint8_t* a = made[i].plane(0).data + y * made[i].plane(0).stride;
                const std::uint8_t* b = source[i + 15].plane(0).data + y * source[i + 15].plane(0).stride;
                for (int x = 0; x < 96; ++x) {
                    const bool isInside = x >= 30 && x < 55 && y >= 20 && y < 40;
                    differing += a[x] != b[x] && isInside ? 1 : 0;
                    if (!isInside && a[x] != b[x]) {
                        FAIL("a sample outside the mask differs at " << x << ", " << y);
                    }
                }
            }
        }
        CHECK(differing > 100);
    }
    scene.request.mask.clear();
    scene.request.task = jobs::Task::kUpscale;
    for (const int scale : {2, 4}) {
        scene.request.scale = scale;
        REQUIRE(scene.run() == jobs::JobState::kFinished);
        CHECK(scene.frames("out.mkv").front().width() == 96 * scale);
    }
    scene.request.task = jobs::Task::kRestore;
    scene.request.strength = 0;
    REQUIRE(scene.run() == jobs::JobState::kFinished);
    CHECK(video::sameSamples(scene.frames("out.mkv").front(), source[15]));
}

TEST_CASE("the dial changes the result, and weights that cannot be used are refused in plain words")
{
    Scene scene;
    scene.request.range = {{0, 2}};
    scene.request.detail = 0.0;
    // Fresh FiLM tables know no dial.
    models::LiteWeights weights = models::loadLite(scene.folder / "weights.safetensors");
    weights.out.film.fill_(0.3);
    models::saveLite(scene.folder / "weights.safetensors", weights, at::kFloat);
    REQUIRE(scene.run() == jobs::JobState::kFinished);
    const video::Frame plain = scene.frames("out.mkv").front();
    scene.request.detail = 1.0;
    REQUIRE(scene.run() == jobs::JobState::kFinished);
    CHECK_FALSE(video::sameSamples(plain, scene.frames("out.mkv").front()));

    base::writeFileAtomically(scene.folder / "weights.safetensors", "not weights at all, but long enough");
    CHECK(scene.run() == jobs::JobState::kFailed);
    REQUIRE(scene.failure);
    CHECK(scene.failure->kind == base::ErrorKind::kInput);
    CHECK_FALSE(scene.failure->message.empty());
    fs::remove(scene.folder / "weights.safetensors");
    CHECK(scene.run() == jobs::JobState::kFailed);
}
