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

// A random tiny VACE (or plain Wan) beside a random tiny Wan autoencoder, and a real clip with a mask.
class Scene {
public:
    explicit Scene(const std::string& transformer, const fs::path& clip)
    {
        test::writeTinyWan(folder / "model", transformer);
        models::writeSafetensors(
            folder / "prompt.safetensors", {{"prompt_embedding", at::ones({3, 12}, at::kBFloat16)}});

        const auto reader = media::VideoReader::open(clip);
        width = reader->info().header.width;
        height = reader->info().header.height;
        std::string pgm = "P5 " + std::to_string(width) + " " + std::to_string(height) + " 255\n";
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                pgm += isInside(x, y) ? '\xff' : '\0';
            }
        }
        base::writeFileAtomically(folder / "mask.pgm", pgm);
        request.input = base::pathText(clip);
        request.output = base::pathText(folder / "out.mkv");
        request.quality = jobs::Quality::kLossless;
        request.model = base::pathText(folder / "model");
        request.promptEmbedding = base::pathText(folder / "prompt.safetensors");
        request.mask = base::pathText(folder / "mask.pgm");
        request.task = jobs::Task::kInpaint;
        request.overwrite = true;
    }

    bool isInside(int x, int y) const
    {
        return 4 * x >= width && 2 * x < width && 3 * y >= height && 3 * y < 2 * height;
    }

    jobs::JobState run(std::int64_t segmentFrames)
    {
        base::Control control;
        RunOptions options;
        options.segmentFrames = segmentFrames;
        const jobs::JobFolder job = jobs::JobFolder::create(folder / "jobs", request);
        const jobs::JobState state = runJob(job, control, options);
        const auto failure = jobs::summarise(job).status.failure;
        CAPTURE((failure ? failure->message + " " + failure->why : ""));
        CHECK_FALSE(failure);
        return state;
    }

    std::vector<video::Frame> frames(const fs::path& clip, base::FrameRange range) const
    {
        const auto reader = media::VideoReader::open(clip);
        std::vector<video::Frame> all;
        for (std::int64_t i = range.begin; i < range.end; ++i) {
            all.push_back(reader->frame(i));
        }
        return all;
    }

    test::TemporaryFolder folder;
    jobs::EnhanceRequest request;
    int width = 0, height = 0;
};

// Samples of the first plane that differ, inside and outside of the mask.
struct Differing {
    int inside = 0, outside = 0;
};
Differing differing(const Scene& scene, const video::Frame& a, const video::Frame& b)
{
    Differing count;
    for (int y = 0; y < scene.height; ++y) {
        const std::uint8_t* rowA = a.plane(0).data + y * a.plane(0).stride;
        const std::uint8_t* rowB = b.plane(0).data + y * b.plane(0).stride;
        for (int x = 0; x < scene.width; ++x) {
            (scene.isInside(x, y) ? count.inside : count.outside) += rowA[x] != rowB[x] ? 1 : 0;
        }
    }
    return count;
}

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

TEST_CASE("a real clip goes through VACE in one step, in whatever pieces; what the mask leaves out keeps its samples")
{
    const auto shared = test::sharedFolder();
    if (!shared) {
        MESSAGE("skipped: no shared footage");
        return;
    }
    Scene scene("wan_vace", *shared / "clips" / "PSR63_2012-06-02.mov");
    scene.request.range = {{36, 46}}; // over the border of two windows
    REQUIRE(scene.run(4) == jobs::JobState::kFinished);
    const auto pieces = scene.frames(scene.folder / "out.mkv", {0, 10});
    const auto source = scene.frames(scene.request.input, {36, 46});
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const Differing count = differing(scene, pieces[i], source[i]);
        CHECK(count.outside == 0);
        CHECK(count.inside > 1000);
    }
    scene.request.range = {{38, 40}};
    REQUIRE(scene.run(240) == jobs::JobState::kFinished);
    const auto again = scene.frames(scene.folder / "out.mkv", {0, 2});
    CHECK(video::sameSamples(again[0], pieces[2]));
    CHECK(video::sameSamples(again[1], pieces[3]));
}

TEST_CASE("VACE samples a real clip in several steps, guided and with a reference picture")
{
    const auto shared = test::sharedFolder();
    if (!shared) {
        MESSAGE("skipped: no shared footage");
        return;
    }
    Scene scene("wan_vace", *shared / "clips" / "PSR63_2012-06-02.mov");
    models::writeSafetensors(scene.folder / "prompt.safetensors",
        {{"prompt_embedding", at::ones({3, 12})}, {"negative_prompt_embedding", at::full({2, 12}, -1.0)}});
    scene.request.range = {{0, 2}};
    scene.request.steps = 2;
    scene.request.references = {base::pathText(scene.folder / "mask.pgm")}; // any picture
    REQUIRE(scene.run(1) == jobs::JobState::kFinished);
    const auto made = scene.frames(scene.folder / "out.mkv", {0, 2});
    const auto source = scene.frames(scene.request.input, {0, 2});
    for (std::size_t i = 0; i < made.size(); ++i) {
        const Differing count = differing(scene, made[i], source[i]);
        CHECK(count.outside == 0);
        CHECK(count.inside > 1000);
    }
    for (const bool isGuided : {true, false}) { // without the picture, without the guidance
        Scene other("wan_vace", *shared / "clips" / "PSR63_2012-06-02.mov");
        other.request = scene.request;
        other.request.guidance = isGuided ? scene.request.guidance : 1;
        other.request.references = isGuided ? std::vector<std::string>() : scene.request.references;
        other.request.output = base::pathText(other.folder / "out.mkv");
        REQUIRE(other.run(1) == jobs::JobState::kFinished);
        CHECK_FALSE(video::sameSamples(scene.frames(other.folder / "out.mkv", {0, 1})[0], made[0]));
    }

    jobs::EnhanceRequest request = scene.request;
    request.steps = 1;
    CHECK(refusal(request).find("take several steps") != std::string::npos);
    request = scene.request;
    request.references = {base::pathText(scene.folder / "nowhere.png")};
    CHECK(refusal(request).find("nowhere.png") != std::string::npos);
    request.references.clear();
    fs::remove_all(scene.folder / "model" / "transformer");
    fs::copy(test::modelFolder("wan_t2v"), scene.folder / "model" / "transformer");
    fs::remove(scene.folder / "model" / "transformer" / "cases.safetensors");
    CHECK(refusal(request).find("VACE") != std::string::npos);
}

TEST_CASE("plain Wan repairs without a mask, and what cannot work is refused before any work")
{
    const auto shared = test::sharedFolder();
    if (!shared) {
        MESSAGE("skipped: no shared footage");
        return;
    }
    Scene scene("wan_t2v", *shared / "clips" / "PSR63_2012-06-02.mov");
    scene.request.task = jobs::Task::kRepair;
    scene.request.mask.clear();
    scene.request.range = {{0, 2}};
    REQUIRE(scene.run(0) == jobs::JobState::kFinished);
    const auto made = scene.frames(scene.folder / "out.mkv", {0, 2});
    const auto source = scene.frames(scene.request.input, {0, 2});
    CHECK(differing(scene, made[1], source[1]).outside > 1000);

    jobs::EnhanceRequest request = scene.request;
    request.task = jobs::Task::kUpscale;
    CHECK(refusal(request).find("inpaint, repair and harmonise") != std::string::npos);
    request = scene.request;
    request.promptEmbedding.clear();
    CHECK(refusal(request).find("embedding") != std::string::npos);
    request = scene.request;
    request.promptEmbedding = base::pathText(scene.folder / "model" / "vae" / test::kTinyWeights);
    CHECK(refusal(request).find("prompt embedding") != std::string::npos);
    request = scene.request;
    fs::remove_all(scene.folder / "model" / "vae");
    CHECK(refusal(request).find("holds no vae") != std::string::npos);
    request.model = "lite";
    CHECK(refusal(request).find("Only published models") != std::string::npos);
}
