#include <doctest/doctest.h>

#include <cmath>

#include "core/base/files.h"
#include "core/media/picture.h"
#include "core/media/video_reader.h"
#include "core/media/video_writer.h"
#include "core/video/convert.h"
#include "tests/app/cli/cli_process.h"
#include "tests/core/media/make_clip.h"

using namespace reelmend;
using namespace reelmend::test;

namespace {

std::string clip(
    const CliPlace& place, const char* name, int frames, int width, std::map<std::string, std::string> options)
{
    ClipSpec spec;
    spec.frames = frames;
    spec.width = width;
    spec.options = std::move(options);
    const auto path = place / name;
    makeClip(path, spec);
    return text(path);
}

// Grey pictures of these levels without loss; `spot` is added in the left half.
std::string flat(const CliPlace& place, const char* name, const std::vector<int>& levels, int spot = 0)
{
    const auto path = place / name;
    media::WriterSettings settings;
    settings.path = path;
    settings.codec = media::Codec::kFfv1;
    settings.quality = media::WriterQuality::kLossless;
    settings.pixelFormat = "gbrp";
    settings.width = 64;
    settings.height = 48;
    settings.timeBase = {1, 24};
    media::VideoWriter writer(settings);
    for (std::size_t i = 0; i < levels.size(); ++i) {
        video::Image8 image(64, 48, 3, static_cast<std::uint8_t>(levels[i]));
        for (int y = 0; y < 48; ++y) {
            for (int x = 0; x < 3 * 32; ++x) {
                image.row(y)[x] = static_cast<std::uint8_t>(image.row(y)[x] + spot);
            }
        }
        video::Frame::Description description;
        description.format = video::pixelFormat("gbrp");
        description.time = {static_cast<std::int64_t>(i), 1, {1, 24}};
        writer.write(video::fromRgb(image, description), nullptr, nullptr);
    }
    writer.finish();
    return text(path);
}

std::string leftHalf(const CliPlace& place)
{
    video::Image8 mask(64, 48, 1, 0);
    for (int y = 0; y < 48; ++y) {
        std::fill(mask.row(y), mask.row(y) + 32, std::uint8_t{255});
    }
    const auto path = place / "left 日本.png";
    media::writePng(path, mask);
    return text(path);
}

double decibel(double levels)
{
    return 20 * std::log10(255 / levels);
}

// A build without the engine has no scores, and says so.
bool hasScores(const CliPlace& place)
{
    const std::string a = flat(place, "probe.mkv", {10});
    const CliResult result = place.run({"compare", a, a, "--json"});
    if (result.exitCode == 7) {
        CHECK(result.last()["error"]["why"].get<std::string>().find("engine") != std::string::npos);
        MESSAGE("skipped: this build has no engine");
        return false;
    }
    return true;
}

} // namespace

TEST_CASE("a clip equals itself, and a coarser copy is a little worse")
{
    const CliPlace place;
    if (!hasScores(place)) {
        return;
    }
    const std::string fine = clip(place, "fine.mp4", 12, 96, {{"crf", "1"}});
    const std::string coarse = clip(place, "coarse.mp4", 12, 96, {{"crf", "40"}});
    const CliResult same = place.run({"compare", fine, fine, "--json"});
    CHECK(same.exitCode == 0);
    REQUIRE(same.lines().size() == 13);
    CHECK(same.last()["equalFrames"] == 12);
    CHECK(same.last()["psnr"] == 100.0);
    CHECK(same.last()["ssim"].get<double>() == doctest::Approx(1));

    const nlohmann::json other =
        place.run({"compare", fine, coarse, "--metrics", "psnr,psnr-y,ssim,gmsd,vif", "--json"}).last();
    CHECK(other["equalFrames"] == 0);
    CHECK(other["psnr"].get<double>() > 15);
    CHECK(other["psnr"].get<double>() < 50);
    CHECK(other["psnr-y"].get<double>() > other["psnr"].get<double>()); // studio luma spans less
    CHECK(other["ssim"].get<double>() < 0.999);
    CHECK(other["gmsd"].get<double>() > 0.001);
    CHECK(other["vif"].get<double>() < 0.99);
    CHECK(other["worst"]["psnr"]["value"].get<double>() <= other["psnr"].get<double>());
    CHECK(other["worst"]["gmsd"]["value"].get<double>() >= other["gmsd"].get<double>());

    CHECK(place.run({"compare", fine, coarse, "--metrics", "beauty"}).exitCode == 2);
    const CliResult small = place.run({"compare", fine, coarse, "--metrics", "ms-ssim", "--json"});
    CHECK(small.exitCode == 2); // it needs 176 pixels
    CHECK(small.last()["error"]["why"].get<std::string>().find("176") != std::string::npos);
}

TEST_CASE("the scores are those of the definitions, inside and outside a mask")
{
    const CliPlace place;
    if (!hasScores(place)) {
        return;
    }
    const std::string a = flat(place, "a.mkv", {100, 120, 140});
    const std::string b = flat(place, "b.mkv", {104, 124, 144}, 8); // right half 4 off, left half 12
    const std::string mask = leftHalf(place);
    const auto psnr = [&](const std::vector<std::string>& more) {
        std::vector<std::string> arguments{"compare", a, b, "--metrics", "psnr", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return place.run(arguments).last();
    };
    CHECK(psnr({})["psnr"].get<double>() == doctest::Approx(decibel(std::sqrt((16.0 + 144) / 2))).epsilon(1e-5));
    CHECK(psnr({"--mask", mask})["psnr"].get<double>() == doctest::Approx(decibel(12)).epsilon(1e-5));
    const nlohmann::json outside = psnr({"--mask", mask, "--mask-side", "out"});
    CHECK(outside["psnr"].get<double>() == doctest::Approx(decibel(4)).epsilon(1e-5));
    CHECK(outside["mask"]["side"] == "out");
    const CliResult refused = place.run({"compare", a, b, "--metrics", "vif", "--mask", mask, "--json"});
    CHECK(refused.exitCode == 2);
    CHECK(refused.last()["error"]["what"].get<std::string>().find("mask") != std::string::npos);
}

TEST_CASE("what moves is judged too: flicker and the warping error along the optical flow")
{
    const CliPlace place;
    const std::string steady = flat(place, "steady.mkv", {100, 100, 100, 100});
    const std::string restless = flat(place, "restless.mkv", {100, 110, 100, 110});
    const auto compared = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments{"compare", steady, restless, "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return place.run(arguments);
    };
    const CliResult result = compared({"--metrics", "flicker,ewarp,ewarp-a"});
    CAPTURE(result.err);
    REQUIRE(result.exitCode == 0);
    const auto lines = result.lines();
    REQUIRE(lines.size() == 5);
    CHECK(lines[0]["flicker"].is_null()); // nothing came before
    CHECK(lines.back()["flicker"].get<double>() == doctest::Approx(10).epsilon(1e-3));
    CHECK(lines.back()["ewarp"].get<double>() == doctest::Approx(1000 * 100 / (255.0 * 255)).epsilon(0.01));
    CHECK(lines.back()["ewarp-a"].get<double>() == doctest::Approx(0));
    CHECK(compared({"--metrics", "lpips-squeeze"}).exitCode == 7); // no resources here, and said so
    const CliResult inside = compared({"--metrics", "flicker", "--mask", leftHalf(place)});
    CHECK(inside.last()["flicker"].get<double>() == doctest::Approx(10).epsilon(1e-3));
    CHECK(compared({"--metrics", "ewarp", "--range", "0:1"}).last()["ewarp"].is_null());
}

TEST_CASE("frames are aligned by an offset that is stated, in every form of report")
{
    const CliPlace place;
    if (!hasScores(place)) {
        return;
    }
    const std::string a = flat(place, "a.mkv", {100, 110, 120, 130});
    const std::string b = flat(place, "b.mkv", {7, 100, 110, 120, 133});
    const CliResult json = place.run({"compare", a, b, "--offset", "1", "--json"});
    REQUIRE(json.lines().size() == 5);
    CHECK(json.lines()[0]["frame"] == 0);
    CHECK(json.lines()[0]["frameB"] == 1);
    CHECK(json.last()["equalFrames"] == 3);
    CHECK(json.last()["offset"] == 1);
    CHECK(json.last()["worst"]["psnr"]["frame"] == 3);
    const CliResult plain = place.run({"compare", a, b, "--offset", "1", "--frames"});
    CHECK(plain.out.find("n + 1 of the second") != std::string::npos);
    CHECK(plain.out.find("4 compared, 3 equal") != std::string::npos);
    const CliResult csv = place.run({"compare", a, b, "--offset=-1", "--metrics", "psnr", "--csv"});
    CHECK(csv.exitCode == 0);
    CHECK(csv.out.starts_with("frame,frame_b,equal,psnr\n1,0,0,"));
    CHECK(csv.out.find("\nmean,,0,") != std::string::npos);
    CHECK(place.run({"compare", a, b, "--offset", "9"}).exitCode == 2);
    const CliResult part = place.run({"compare", a, b, "--offset", "1", "--range", "1:3", "--json"});
    CHECK(part.last()["frames"] == 2);
    CHECK(part.last()["psnr"] == 100.0);
}

TEST_CASE("a job is compared by its folder or its id, at the frames that it was made of")
{
    const CliPlace place;
    if (!hasScores(place)) {
        return;
    }
    const std::string source = clip(place, "source.mkv", 30, 96, {{"crf", "10"}});
    const CliResult run = place.run({"enhance", source, "-o", text(place / "part.mkv"), "--task", "restore",
        "--strength", "0", "--range", "10:22", "--quality", "lossless", "--json"});
    REQUIRE(run.exitCode == 0);
    const std::string folder = run.last()["folder"];
    const std::string id = run.last()["job"];
    for (const std::string& job : {folder, id}) {
        const nlohmann::json last = place.run({"compare", source, job, "--json"}).last();
        CHECK(last["offset"] == -10);
        CHECK(last["frames"] == 12);
        CHECK(last["equalFrames"] == 12);
    }
    CHECK(place.run({"compare", "20200101-000000-abcdef", source}).exitCode == 2); // no such job
}

TEST_CASE("clips of different length are compared as far as both go, and it is said")
{
    const CliPlace place;
    if (!hasScores(place)) {
        return;
    }
    const std::string a = clip(place, "a.mp4", 12, 96, {});
    const std::string b = clip(place, "b.mp4", 9, 96, {});
    const CliResult plain = place.run({"compare", a, b});
    CHECK(plain.exitCode == 0);
    CHECK(plain.out.find("has 12 frames, the second 9") != std::string::npos);
    const nlohmann::json last = place.run({"compare", a, b, "--json"}).last();
    CHECK(last["frames"] == 9);
    CHECK(last["framesA"] == 12);
    CHECK(last.contains("note"));
}

TEST_CASE("clips of different size have no score, but a picture")
{
    const CliPlace place;
    const std::string a = clip(place, "a.mp4", 5, 96, {});
    const std::string b = clip(place, "b.mp4", 5, 192, {});
    const auto picture = place / "both é.png";
    CHECK(place.run({"compare", a, b, "--metrics", "none", "--picture", text(picture)}).exitCode == 0);
    CHECK(media::readPicture8(picture).width == 96 + 8 + 192);
    if (!hasScores(place)) {
        return;
    }
    const CliResult refused = place.run({"compare", a, b, "--json"});
    CHECK(refused.exitCode == 2);
    CHECK(refused.last()["error"]["why"].get<std::string>().find("192x64") != std::string::npos);
}
