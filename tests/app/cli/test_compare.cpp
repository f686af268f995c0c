#include <doctest/doctest.h>

#include "core/media/picture.h"
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

} // namespace

TEST_CASE("a clip equals itself, and a coarser copy is a little worse")
{
    const CliPlace place;
    const std::string fine = clip(place, "fine.mp4", 12, 96, {{"crf", "1"}});
    const std::string coarse = clip(place, "coarse.mp4", 12, 96, {{"crf", "40"}});
    const CliResult same = place.run({"compare", fine, fine, "--json"});
    CHECK(same.exitCode == 0);
    REQUIRE(same.lines().size() == 13);
    CHECK(same.last()["equalFrames"] == 12);
    CHECK(same.last()["psnr"] == 100.0);
    CHECK(same.last()["ssim"].get<double>() == doctest::Approx(1));

    const nlohmann::json other = place.run({"compare", fine, coarse, "--json"}).last();
    CHECK(other["equalFrames"] == 0);
    CHECK(other["psnr"].get<double>() > 15);
    CHECK(other["psnr"].get<double>() < 50);
    CHECK(other["ssim"].get<double>() < 0.999);
    CHECK(other["psnrLowest"].get<double>() <= other["psnr"].get<double>());

    const nlohmann::json psnrOnly = place.run({"compare", fine, coarse, "--metrics", "psnr", "--json"}).last();
    CHECK(psnrOnly.contains("psnr"));
    CHECK_FALSE(psnrOnly.contains("ssim"));
    CHECK(place.run({"compare", fine, coarse, "--metrics", "beauty"}).exitCode == 2);
}

TEST_CASE("clips of different length are compared as far as both go, and it is said")
{
    const CliPlace place;
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
    const CliResult refused = place.run({"compare", a, b, "--json"});
    CHECK(refused.exitCode == 2);
    CHECK(refused.last()["error"]["why"].get<std::string>().find("192x64") != std::string::npos);
    const auto picture = place / "both é.png";
    CHECK(place.run({"compare", a, b, "--metrics", "none", "--picture", text(picture)}).exitCode == 0);
    CHECK(media::readPicture8(picture).width == 96 + 8 + 192);
}
