// Reading, jumping and writing against the ffmpeg program on the same clips in the same run. Prints JSON lines
// (tools/bench.sh). `bench_media NAME …` runs some of: seek read write memory; REELMEND_BENCH_CLIP=TEXT only the
// clips of read and write whose name begins so.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/base/files.h"
#include "core/base/time.h"
#include "core/media/video_reader.h"
#include "core/media/video_writer.h"

using namespace reelmend;
namespace fs = std::filesystem;

namespace {

struct Row {
    std::string group, name, unit, aim, note, command;
};

void print(const Row& row, double value)
{
    std::printf("{\"group\":\"%s\",\"name\":\"%s\",\"value\":%.4g,\"unit\":\"%s\",\"aim\":\"%s\",\"note\":\"%s\","
                "\"command\":\"%s\"}\n",
        row.group.c_str(), row.name.c_str(), value, row.unit.c_str(), row.aim.c_str(), row.note.c_str(),
        row.command.c_str());
    std::fflush(stdout);
}

bool isClipWanted(const std::string& name)
{
    const char* beginning = std::getenv("REELMEND_BENCH_CLIP");
    return !beginning || name.starts_with(beginning);
}

double median(std::vector<double> values)
{
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

// Wall-clock and processor time; on a busy machine only the second can be compared.
struct Cost {
    double wall = 0, processor = 0;
};

double processorSeconds()
{
    double seconds = 0;
    for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        struct rusage usage {};
        ::getrusage(who, &usage);
        for (const struct timeval& t : {usage.ru_utime, usage.ru_stime}) {
            seconds += static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
        }
    }
    return seconds;
}

Cost timed(const std::function<void()>& work)
{
    const Cost begin{base::monotonicSeconds(), processorSeconds()};
    work();
    return {base::monotonicSeconds() - begin.wall, processorSeconds() - begin.processor};
}

double medianOf(const std::vector<Cost>& costs, double Cost::*member)
{
    std::vector<double> values;
    for (const Cost& cost : costs) {
        values.push_back(cost.*member);
    }
    return median(std::move(values));
}

Cost runProgram(const std::string& arguments)
{
    const std::string command = "ffmpeg -nostdin -hide_banner -loglevel error -y " + arguments;
    return timed([&] {
        if (std::system(command.c_str()) != 0) {
            std::fprintf(stderr, "bench_media: failed: %s\n", command.c_str());
            std::exit(1);
        }
    });
}

// Moving texture with grain: decodes about as hard as footage.
fs::path makeClip(
    const fs::path& folder, const std::string& name, const std::string& size, int frames, const std::string& encoder)
{
    const fs::path path = folder / name;
    if (fs::exists(path)) {
        return path; // of an earlier run, in a folder that was named
    }
    runProgram("-f lavfi -i testsrc2=size=" + size + ":rate=24,noise=alls=4:allf=t -frames:v " +
               std::to_string(frames) + " " + encoder + " " + path.string());
    return path;
}

std::string quotedPath(const fs::path& path)
{
    return "'" + path.string() + "'";
}

std::unique_ptr<media::VideoReader> openReader(const fs::path& path, media::ReaderOptions::Output output)
{
    media::ReaderOptions options;
    options.output = output;
    return media::VideoReader::open(path, options);
}

void benchSeek(const fs::path& folder)
{
    for (const int gop : {48, 250}) {
        const std::string g = std::to_string(gop);
        const fs::path path = makeClip(folder, "seek" + g + ".mp4", "1920x1080", 500,
            "-pix_fmt yuv420p -c:v libx264 -preset veryfast -crf 22 -bf 2 -g " + g + " -keyint_min " + g +
                " -sc_threshold 0");
        const auto reader = openReader(path, media::ReaderOptions::Output::kNative);
        reader->frame(0);
        std::mt19937 random(1);
        std::vector<Cost> own, program;
        for (int i = 0; i < 31; ++i) {
            const auto frame = static_cast<std::int64_t>(random() % 500);
            own.push_back(timed([&] { reader->frame(frame); }));
            if (i % 2 == 0) { // a tick early, so that rounding does not skip the frame
                const double seconds = std::max(0.0, static_cast<double>(frame) / 24 - 0.01);
                program.push_back(runProgram(
                    "-ss " + std::to_string(seconds) + " -i " + quotedPath(path) + " -frames:v 1 -f null -"));
            }
        }
        for (const bool isOwn : {true, false}) {
            Row row{"Random frame, 1080p H.264, GOP " + g, isOwn ? "VideoReader" : "ffmpeg program", "ms", "",
                isOwn ? "median of 31" : "median of 16, with the program's start", "bench_media seek"};
            if (isOwn) {
                row.aim = gop == 48 ? "150 ms or less" : "not above ffmpeg's";
            }
            print(row, 1000 * medianOf(isOwn ? own : program, &Cost::wall));
            row.name += ", processor time";
            row.aim.clear();
            print(row, 1000 * medianOf(isOwn ? own : program, &Cost::processor));
        }
    }
}

// Both sides three times in turn, so that a busy machine hurts both.
void compare(const Row& row, int frames, const std::function<void()>& own, const std::function<Cost()>& program)
{
    std::vector<Cost> ours, theirs;
    for (int round = 0; round < 3; ++round) {
        ours.push_back(timed(own));
        theirs.push_back(program());
    }
    Row line = row;
    line.unit = "frames/s";
    print(line, frames / medianOf(ours, &Cost::wall));
    line.name = row.name + ", ffmpeg program";
    print(line, frames / medianOf(theirs, &Cost::wall));
    line.name = row.name + ", ratio";
    line.unit = "x";
    line.aim = "0.8 or more";
    print(line, medianOf(theirs, &Cost::wall) / medianOf(ours, &Cost::wall));
    line.name = row.name + ", ratio of processor time";
    print(line, medianOf(theirs, &Cost::processor) / medianOf(ours, &Cost::processor));
}

constexpr const char* kExactScaler = " -sws_flags bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact";

void benchRead(const fs::path& folder)
{
    const struct {
        const char* name;
        const char* file;
        const char* encoder;
    } clips[] = {
        {"H.264", "read.mp4", "-pix_fmt yuv420p -c:v libx264 -preset fast -crf 20"},
        {"H.265 10 bit", "read.mkv",
            "-pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -crf 22 -x265-params log-level=none"},
        {"ProRes", "read.mov", "-pix_fmt yuv422p10le -c:v prores_ks -profile:v standard"},
        {"VP9", "read.webm", "-pix_fmt yuv420p -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 8M"},
    };
    constexpr int kFrames = 120;
    for (const auto& clip : clips) {
        if (!isClipWanted(clip.name)) {
            continue;
        }
        const fs::path path = makeClip(folder, clip.file, "1920x1080", kFrames, clip.encoder);
        openReader(path, media::ReaderOptions::Output::kDisplayRgb); // the scan is cached, as in use
        const auto own = [&] {
            const auto reader = openReader(path, media::ReaderOptions::Output::kDisplayRgb);
            for (int i = 0; i < kFrames; ++i) {
                reader->frame(i);
            }
        };
        const auto program = [&](const char* flags) {
            return runProgram("-i " + quotedPath(path) + flags + " -pix_fmt rgb24 -f null -");
        };
        // Ours places chroma and rounds exactly; the program does when it is told to.
        compare({"Reading 1080p to RGB", clip.name, "", "", "the program converting as exactly; opening included",
                    "bench_media read"},
            kFrames, own, [&] { return program(kExactScaler); });
        Row quick{
            "Reading 1080p to RGB, the program with its quick conversion", clip.name, "", "", "", "bench_media read"};
        compare(quick, kFrames, own, [&] { return program(""); });
    }
}

void benchWrite(const fs::path& folder)
{
    constexpr int kFrames = 48;
    const auto sourceOf = [&](const char* name, const char* format) {
        return makeClip(folder, name, "1920x1080", kFrames,
            std::string("-pix_fmt ") + format + " -c:v libx264 -preset ultrafast -qp 8");
    };
    const fs::path eight = sourceOf("source8.mkv", "yuv420p");
    const fs::path ten = sourceOf("source10.mkv", "yuv420p10le");
    const fs::path ten422 = sourceOf("source422.mkv", "yuv422p10le");
    const struct {
        const char* name;
        const fs::path& source;
        const char* pixelFormat;
        media::Codec codec;
        media::WriterQuality quality;
        const char* extension;
        const char* encoder;
    } cases[] = {
        {"H.264 good", eight, "yuv420p", media::Codec::kH264, media::WriterQuality::kGood, ".mp4",
            "-c:v libx264 -preset medium -crf 17 -g 48 -x264-params asm=avx2"},
        {"H.265 10 bit draft", ten, "yuv420p10le", media::Codec::kH265, media::WriterQuality::kDraft, ".mp4",
            "-c:v libx265 -preset ultrafast -crf 26 -g 48 -x265-params log-level=none"},
        {"ProRes best", ten422, "yuv422p10le", media::Codec::kProRes, media::WriterQuality::kBest, ".mov",
            "-c:v prores_ks -profile:v hq -vendor apl0"},
        {"VP9 draft", eight, "yuv420p", media::Codec::kVp9, media::WriterQuality::kDraft, ".webm",
            "-c:v libvpx-vp9 -deadline good -cpu-used 5 -row-mt 1 -auto-alt-ref 1 -lag-in-frames 16 -b:v 0 -crf 36 "
            "-g 48"},
        {"FFV1 lossless", eight, "yuv420p", media::Codec::kFfv1, media::WriterQuality::kLossless, ".mkv",
            "-c:v ffv1 -level 3 -coder 1 -context 0 -g 1 -slices 24 -slicecrc 1"},
    };
    for (const auto& c : cases) {
        if (!isClipWanted(c.name)) {
            continue;
        }
        const fs::path& source = c.source;
        const auto own = [&] {
            const auto reader = openReader(source, media::ReaderOptions::Output::kNative);
            media::WriterSettings settings;
            settings.path = folder / (std::string("own") + c.extension);
            settings.codec = c.codec;
            settings.quality = c.quality;
            settings.pixelFormat = c.pixelFormat;
            settings.width = 1920;
            settings.height = 1080;
            settings.timeBase = reader->time(0).timeBase;
            media::VideoWriter writer(settings);
            for (int i = 0; i < kFrames; ++i) {
                writer.write(reader->frame(i), nullptr, nullptr);
            }
            writer.finish();
        };
        const auto program = [&] {
            return runProgram("-i " + quotedPath(source) + " " + c.encoder + " " +
                              quotedPath(folder / (std::string("theirs") + c.extension)));
        };
        compare({"Writing 1080p", c.name, "", "", "the same decoding on both sides", "bench_media write"}, kFrames,
            own, program);
    }
}

// Peak memory of a process of its own, in MB.
double peakOf(const std::function<void()>& work)
{
    const pid_t child = ::fork();
    if (child == 0) {
        work();
        ::_exit(0);
    }
    struct rusage usage {};
    int status = 0;
    ::wait4(child, &status, 0, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1000.0;
}

// The whole program, with a job's process: the larger of the two counts.
void benchEnhanceMemory(const fs::path& folder, const std::string& cli)
{
    double peaks[2] = {};
    int i = 0;
    for (const int frames : {300, 10000}) {
        const fs::path path = folder / ("memory" + std::to_string(frames) + ".mp4");
        const fs::path result = folder / "enhanced.mp4";
        const std::string command = "REELMEND_DATA_DIR=" + quotedPath(folder / "data") + " " + cli + " enhance " +
                                    quotedPath(path) + " -o " + quotedPath(result) +
                                    " --task restore --quality draft --overwrite --json >/dev/null";
        peaks[i++] = peakOf([&] {
            if (std::system(command.c_str()) != 0) {
                std::fprintf(stderr, "bench_media: failed: %s\n", command.c_str());
                ::_exit(1);
            }
        });
    }
    const Row row{
        "Memory, enhancing 640x360 (restore, draft)", "peak at 300 frames", "MB", "", "", "bench_media memory"};
    print(row, peaks[0]);
    Row more = row;
    more.name = "more at 10,000 frames";
    more.aim = "20 MB at most";
    print(more, peaks[1] - peaks[0]);
}

void benchMemory(const fs::path& folder)
{
    double peaks[2] = {};
    int i = 0;
    for (const int frames : {300, 10000}) {
        const fs::path path = folder / ("memory" + std::to_string(frames) + ".mp4");
        if (!fs::exists(path)) {
            runProgram("-f lavfi -i testsrc2=size=640x360:rate=24 -frames:v " + std::to_string(frames) +
                       " -pix_fmt yuv420p -c:v libx264 -preset ultrafast " + path.string());
        }
        peaks[i++] = peakOf([&] {
            const auto reader = openReader(path, media::ReaderOptions::Output::kNative);
            for (std::int64_t k = 0; k < reader->frameCount(); ++k) {
                reader->frame(k);
            }
        });
    }
    const Row row{"Memory, reading 640x360", "peak at 300 frames", "MB", "", "scan included", "bench_media memory"};
    print(row, peaks[0]);
    Row more = row;
    more.name = "more at 10,000 frames";
    more.aim = "20 MB at most";
    print(more, peaks[1] - peaks[0]);
    if (const char* cli = std::getenv("REELMEND_CLI")) {
        benchEnhanceMemory(folder, cli);
    }
}

} // namespace

int main(int count, char** arguments)
{
    const char* named = std::getenv("REELMEND_BENCH_DIR"); // keeps the clips for the next run
    const fs::path folder =
        named ? fs::path(named) : fs::temp_directory_path() / ("reelmend-bench-media-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    ::setenv("REELMEND_CACHE_DIR", (folder / "cache").c_str(), 1);
    const std::vector<std::string> wanted(arguments + 1, arguments + count);
    const auto isWanted = [&](const char* name) {
        return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    };
    double load = 0;
    ::getloadavg(&load, 1);
    std::printf("{\"title\":\"Media files\",\"machine\":\"%u processor threads\",\"date\":\"%s\",\"note\":\"Load at "
                "the start: %.1f. On a busy machine only processor time can be compared.\"}\n",
        std::thread::hardware_concurrency(), base::utcNowText().c_str(), load);
    if (isWanted("memory")) { // first: a forked process starts with what its parent holds
        benchMemory(folder);
    }
    if (isWanted("seek")) {
        benchSeek(folder);
    }
    if (isWanted("read")) {
        benchRead(folder);
    }
    if (isWanted("write")) {
        benchWrite(folder);
    }
    if (!named) {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    return 0;
}
