#include <doctest/doctest.h>

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/job_summary.h"
#include "core/media/video_reader.h"
#include "core/models/safetensors.h"
#include "core/runner/run_job.h"
#include "core/video/convert.h"
#include "tests/support/test_support.h"
#include "tests/support/tiny_published.h"

using namespace reelmend;
using namespace reelmend::runner;
namespace fs = std::filesystem;

namespace {

// A random tiny DOVE in the layout of its release, and a real clip.
class Scene {
public:
    explicit Scene(const fs::path& clip)
    {
        const fs::path model = folder / "DOVE";
        test::writeTinyDove(model);
        // A few of the clip's frames, as a clip of their own: a window of DOVE's is never longer than its clip.
        request.input = base::pathText(clip);
        request.output = base::pathText(folder / "cut.mkv");
        request.task = jobs::Task::kRestore;
        request.model = "classical";
        request.quality = jobs::Quality::kLossless;
        request.range = {{36, 41}};
        run(240);
        request.input = request.output;
        request.output = base::pathText(folder / "out.mkv");
        request.model = base::pathText(model);
        request.task = jobs::Task::kUpscale;
        request.overwrite = true;
    }

    std::vector<video::Frame> run(std::int64_t segmentFrames)
    {
        base::Control control;
        RunOptions options;
        options.segmentFrames = segmentFrames;
        const jobs::JobFolder job = jobs::JobFolder::create(folder / "jobs", request);
        CHECK(runJob(job, control, options) == jobs::JobState::kFinished);
        const auto failure = jobs::summarise(job).status.failure;
        CAPTURE((failure ? failure->message + " " + failure->why : ""));
        REQUIRE_FALSE(failure);
        const auto reader = media::VideoReader::open(base::pathFromText(request.output));
        std::vector<video::Frame> all;
        for (std::int64_t i = 0; i < request.range->size(); ++i) {
            all.push_back(reader->frame(i));
        }
        return all;
    }

    test::TemporaryFolder folder;
    jobs::EnhanceRequest request;
};

std::string refusal(const jobs::EnhanceRequest& request)
{
    try {
        checkRequest(request);
    } catch (const base::Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST_CASE("a real clip goes through DOVE, twice as large, the same in whatever pieces it is made")
{
    const auto shared = test::sharedFolder();
    if (!shared) {
        MESSAGE("skipped: no shared footage");
        return;
    }
    Scene scene(*shared / "clips" / "PSR63_2012-06-02.mov");
    scene.request.range = {{0, 5}};
    const auto made = scene.run(2);
    CHECK(made[0].width() == 640);
    CHECK(made[0].height() == 360);
    CHECK_FALSE(video::sameSamples(made[0], made[3]));
    scene.request.range = {{3, 4}};
    CHECK(video::sameSamples(scene.run(240)[0], made[3]));

    jobs::EnhanceRequest request = scene.request;
    request.task = jobs::Task::kRepair;
    CHECK(refusal(request).find("enlarges") != std::string::npos);
    request = scene.request;
    fs::remove_all(scene.folder / "prompt_embeddings");
    CHECK(refusal(request).find("empty prompt") != std::string::npos);
}
