#include <doctest/doctest.h>

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>

#include "core/base/files.h"
#include "core/media/picture.h"
#include "tests/app/cli/cli_process.h"
#include "tests/core/media/make_clip.h"

using namespace reelmend;
using namespace reelmend::test;
namespace fs = std::filesystem;

namespace {

// A place with one good clip, and what must not happen to it.
class Scene {
public:
    Scene()
        : clip(place / "clip 日本語 é.mp4")
    {
        ClipSpec spec;
        spec.frames = 40;
        makeClip(clip, spec);
        bytes_ = base::readFile(clip);
    }

    // Runs `enhance`, and sees that it is refused in one clear sentence or three, and that nothing changed.
    void refuses(const std::vector<std::string>& arguments, int exitCode, const std::string& words)
    {
        const std::vector<std::string> before = place.files();
        const int jobsBefore = place.jobCount();
        std::vector<std::string> all{"enhance"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const CliResult plain = place.run(all);
        CAPTURE(plain.err);
        CHECK(plain.exitCode == exitCode);
        CHECK(plain.out.empty());
        CHECK(plain.err.find(words) != std::string::npos);
        CHECK(std::count(plain.err.begin(), plain.err.end(), '\n') == 1);
        all.push_back("--json");
        const CliResult json = place.run(all);
        CHECK(json.exitCode == exitCode);
        CHECK(json.err.empty());
        const nlohmann::json error = json.last()["error"];
        for (const char* part : {"kind", "what", "hint"}) {
            CHECK_MESSAGE(!error.value(part, "").empty(), part);
        }
        CHECK(place.files() == before);
        CHECK(place.jobCount() == jobsBefore);
        CHECK(base::readFile(clip) == bytes_);
    }

    CliPlace place;
    fs::path clip;

private:
    std::string bytes_;
};

constexpr int kUsage = 2, kInput = 3, kOutput = 4, kDiskFull = 5;

// A tiny disk of its own, where the system lets us make one.
class TinyDisk {
public:
    TinyDisk(fs::path folder, const char* size)
        : folder_(std::move(folder))
    {
        fs::create_directories(folder_);
        isMounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, (std::string("size=") + size).c_str()) == 0;
    }
    ~TinyDisk()
    {
        if (isMounted_) {
            ::umount2(folder_.c_str(), MNT_DETACH);
        }
    }
    TinyDisk(const TinyDisk&) = delete;
    TinyDisk& operator=(const TinyDisk&) = delete;
    bool isMounted() const { return isMounted_; }

private:
    fs::path folder_;
    bool isMounted_ = false;
};

void makeNoiseClip(const fs::path& path, int frames)
{
    ClipSpec spec;
    spec.encoder = "ffv1";
    spec.frames = frames;
    spec.width = 320;
    spec.height = 180;
    makeClip(path, spec);
}

} // namespace

TEST_CASE("all wrong settings are told at once, and a wrong command is named")
{
    Scene scene;
    const CliResult wrong =
        scene.place.run({"enhance", text(scene.clip), "-o", text(scene.place / "out.mp4"), "--task", "restore",
            "--model", "classical", "--quality", "foo", "--strength", "-1", "--lora", ":x", "--json"});
    CHECK(wrong.exitCode == kUsage);
    std::vector<std::string> fields;
    const nlohmann::json error = wrong.last()["error"];
    for (const nlohmann::json& problem : error["problems"]) {
        fields.push_back(problem.value("field", ""));
    }
    for (const char* field : {"quality", "strength", "adapters"}) {
        CHECK_MESSAGE(std::ranges::count(fields, field) == 1, field);
    }
    CHECK(scene.place.run({"frobnicate"}).err.find("\"frobnicate\"") != std::string::npos);
    CHECK(scene.place.run({"jobs"}).err.find("list, ") != std::string::npos);
}

TEST_CASE("what is no clip is refused")
{
    Scene scene;
    const std::string out = text(scene.place / "out.mp4");
    base::writeFileAtomically(scene.place / "empty.mp4", "");
    base::writeFileAtomically(scene.place / "words é.mp4", "Once upon a time there was no video at all.\n");
    fs::create_directories(scene.place / "folder without pictures");
    scene.refuses({text(scene.place / "empty.mp4"), "-o", out, "--task", "upscale"}, kInput, "empty");
    scene.refuses({text(scene.place / "words é.mp4"), "-o", out, "--task", "upscale"}, kInput, "not a video");
    scene.refuses({text(scene.place / "missing 日本語.mp4"), "-o", out, "--task", "upscale"}, kInput, "no such file");
    scene.refuses(
        {text(scene.place / "folder without pictures"), "-o", out, "--task", "upscale"}, kInput, "no numbered");
    scene.refuses({text(scene.place / "no.%04d.png"), "-o", out, "--task", "upscale"}, kInput, "o numbered");
    REQUIRE(::mkfifo((scene.place / "pipe.mp4").c_str(), 0600) == 0);
    scene.refuses({text(scene.place / "pipe.mp4"), "-o", out, "--task", "upscale"}, kInput, "a pipe");
    scene.refuses({"/dev/zero", "-o", out, "--task", "upscale"}, kInput, "a pipe");
    scene.refuses({text(scene.clip), "-o", out, "--task", "inpaint", "--mask", text(scene.place / "pipe.mp4")},
        kInput, "a pipe");
    scene.refuses({"", "-o", out, "--task", "upscale"}, kUsage, "clip is needed");
}

TEST_CASE("an output that cannot be written is refused before any work")
{
    Scene scene;
    const std::string clip = text(scene.clip);
    base::writeFileAtomically(scene.place / "file", "x");
    base::writeFileAtomically(scene.place / "taken.mp4", "precious");
    fs::create_symlink(scene.clip, scene.place / "link.mp4");
    scene.refuses({clip, "-o", clip, "--task", "upscale"}, kUsage, "the clip");
    scene.refuses(
        {clip, "-o", text(scene.place / "link.mp4"), "--task", "upscale", "--overwrite"}, kUsage, "the clip");
    scene.refuses({clip, "-o", text(scene.place / "file/out.mp4"), "--task", "upscale"}, kOutput, "not a folder");
    scene.refuses({clip, "-o", text(scene.place / "none/out.mp4"), "--task", "upscale"}, kOutput, "does not exist");
    scene.refuses({clip, "-o", "/proc/out.mp4", "--task", "upscale"}, kOutput, "cannot be written");
    scene.refuses({clip, "-o", text(scene.place / "taken.mp4"), "--task", "upscale"}, kOutput, "there already");
    scene.refuses({clip, "-o", text(scene.place / "out.docx"), "--task", "upscale"}, kUsage, ".docx");
    scene.refuses({clip, "--task", "upscale"}, kUsage, "output");
    scene.refuses({clip, "-o", text(scene.place / (std::string(247, 'n') + ".mp4")), "--task", "upscale"}, kOutput,
        "name is too long");
    REQUIRE(::mkfifo((scene.place / "pipe.mp4").c_str(), 0600) == 0);
    scene.refuses(
        {clip, "-o", text(scene.place / "pipe.mp4"), "--task", "upscale", "--overwrite"}, kOutput, "a pipe");
    // The longest name that is taken must work to the end.
    CHECK(scene.place
              .run({"enhance", clip, "-o", text(scene.place / (std::string(231, 'n') + ".mp4")), "--task", "restore",
                  "--range", "0:2"})
              .exitCode == 0);
    CHECK(base::readFile(scene.place / "taken.mp4") == "precious");
    CHECK(
        scene.place.run({"enhance", clip, "-o", text(scene.place / "taken.mp4"), "--task", "restore", "--overwrite"})
            .exitCode == 0);
    CHECK(base::readFile(scene.place / "taken.mp4").size() > 100);
}

TEST_CASE("a mask that does not fit and a range beyond the end are refused")
{
    Scene scene;
    const std::string clip = text(scene.clip);
    const std::string out = text(scene.place / "out.mp4");
    media::writePng(scene.place / "large.png", video::Image8(100, 64, 1, 255));
    media::writePng(scene.place / "right.png", video::Image8(96, 64, 1, 255));
    ClipSpec brief;
    brief.frames = 39;
    makeClip(scene.place / "brief.mp4", brief);
    const std::vector<std::string> inpaint{clip, "-o", out, "--task", "inpaint"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), inpaint.begin(), inpaint.end());
        return more;
    };
    scene.refuses(with({"--mask", text(scene.place / "large.png")}), kInput, "100x64");
    scene.refuses(with({"--mask", text(scene.place / "brief.mp4")}), kInput, "39");
    scene.refuses(with({"--mask", text(scene.place / "missing.png")}), kInput, "no such file");
    scene.refuses(with({}), kUsage, "mask");
    scene.refuses(with({"--mask", text(scene.place / "right.png"), "--range", "30:41"}), kUsage, "40 frames");
    scene.refuses(with({"--mask", text(scene.place / "right.png"), "--range", "7:7"}), kUsage, "no frame");
    scene.refuses(with({"--mask", text(scene.place / "right.png"), "--range", "a:b"}), kUsage, "not a frame number");
}

TEST_CASE("numbered pictures of mixed sizes are refused before any work, whatever the range")
{
    Scene scene;
    fs::create_directories(scene.place / "mixed");
    for (int i = 0; i < 6; ++i) {
        media::writePng(
            scene.place / ("mixed/f." + std::to_string(i + 1) + ".png"), video::Image8(i == 4 ? 20 : 96, 64, 3, 90));
    }
    const std::string in = text(scene.place / "mixed");
    const std::string out = text(scene.place / "out.mkv");
    scene.refuses({in, "-o", out, "--task", "restore"}, kInput, "Frame 4 is not of the size");
    scene.refuses({in, "-o", out, "--task", "restore", "--range", "0:2"}, kInput, "Frame 4 is not of the size");
    fs::remove(scene.place / "mixed/f.5.png"); // as the sentence says: a gap is no obstacle
    CHECK(scene.place.run({"enhance", in, "-o", out, "--task", "restore"}).exitCode == 0);
}

TEST_CASE("absurd settings are refused with the field's name")
{
    Scene scene;
    const std::string clip = text(scene.clip);
    const std::string out = text(scene.place / "out.mp4");
    const auto with = [&](std::vector<std::string> more) {
        const std::vector<std::string> start{clip, "-o", out, "--task"};
        more.insert(more.begin(), start.begin(), start.end());
        return more;
    };
    scene.refuses(with({"upscale", "--scale", "3"}), kUsage, "scale");
    scene.refuses(with({"upscale", "--scale", "-2147483648"}), kUsage, "scale");
    scene.refuses(with({"restore", "--strength", "1e308"}), kUsage, "strength");
    scene.refuses(with({"restore", "--strength", "nan"}), kUsage, "strength");
    scene.refuses(with({"restore", "--quality", "ultra"}), kUsage, "quality");
    scene.refuses(with({"sharpen"}), kUsage, "task");
    scene.refuses(with({"repair", "--model", "classical"}), kUsage, "task");
    scene.refuses(with({"restore", "--model", "../../model"}), kUsage, "model");
    scene.refuses(with({"restore", "--model", "none-such"}), kUsage, "model");
    scene.refuses(with({"restore", "--lora", "a.pt"}), kUsage, "adapters");
    scene.refuses(with({"restore", "--lora", "a.safetensors:much"}), kUsage, "adapters");
    scene.refuses(with({"restore", "--model", "classical", "--lora", "a.safetensors:0.5"}), kUsage, "adapters");
    scene.refuses(with({"restore", "--device", "cuda"}), kUsage, "device");
    scene.refuses(with({"restore", "--seed", "-1"}), kUsage, "\"-1\" is not a whole number");
    scene.refuses(with({"restore", "--seed", "99999999999999999999"}), kUsage, "not a whole number");
    scene.refuses(with({"upscale", "--scale", "two"}), kUsage, "does not fit its option: --scale = two. See");
    const CliResult empty = scene.place.run({"enhance", clip, "-o", out, "--task", "upscale", "--range="});
    CHECK(empty.exitCode == kUsage);
    CHECK(empty.err.find("--range needs a value. See") != std::string::npos);
    scene.refuses(with({"upscale", "--task", "restore"}), kUsage, "--task is given more than once. See");
    scene.refuses(with({"upscale", "--sharp"}), kUsage, "--sharp. See");
}

TEST_CASE("a disk that is clearly too small is refused before any work")
{
    Scene scene;
    const TinyDisk disk(scene.place / "disk", "600k");
    if (!disk.isMounted()) {
        MESSAGE("skipped: no disk can be mounted here");
        return;
    }
    scene.refuses({text(scene.clip), "-o", text(scene.place / "disk/out.mp4"), "--task", "upscale"}, kDiskFull,
        "There is no room");
}

TEST_CASE("a disk that fills up during the work ends the job with a sentence and no half file")
{
    CliPlace place;
    const TinyDisk disk(place / "disk", "4M");
    if (!disk.isMounted()) {
        MESSAGE("skipped: no disk can be mounted here");
        return;
    }
    const fs::path clip = place / "clip.mkv";
    makeNoiseClip(clip, 60);
    const std::string before = base::readFile(clip);
    fs::create_directories(place / "disk/data");
    place.setDataFolder(place / "disk/data"); // the pieces do not fit
    const CliResult run = place.run({"enhance", text(clip), "-o", text(place / "out.mkv"), "--task", "upscale",
        "--quality", "lossless", "--json"});
    CAPTURE(run.err);
    CHECK(run.exitCode == kDiskFull);
    CHECK(run.last()["error"]["kind"] == "disk-full");
    CHECK_FALSE(fs::exists(place / "out.mkv"));
    CHECK(base::readFile(clip) == before);
    CHECK(place.jobCount() == 0); // nothing finished, nothing kept
    for (const std::string& file : place.files()) {
        CHECK_MESSAGE(file.find(".part") == std::string::npos, file);
    }
}

TEST_CASE("a limit on file sizes is met like a full disk")
{
    CliPlace place;
    const fs::path clip = place / "clip.mkv";
    makeNoiseClip(clip, 30);
    // 1 MB, in blocks of 1 KiB as POSIX shells count.
    const std::string script = "ulimit -f 1000; exec \"$0\" \"$@\"";
    const CliResult run = place.runThrough({"/bin/bash", "-c", script},
        {"enhance", text(clip), "-o", text(place / "out.mkv"), "--task", "upscale", "--quality", "lossless"});
    CAPTURE(run.err);
    CHECK(run.exitCode == kDiskFull);
    CHECK(run.err.find("larger than") != std::string::npos);
    CHECK(place.files() == std::vector<std::string>{"clip.mkv"});
    CHECK(place.jobCount() == 0);
}
