// read_clips CLIP …: everything that core/media does with clips, under the sanitizers of the fuzz build: each clip is
// probed with a check, read in order and by jumping, shown, converted, written without loss, joined, and read back.
// No fuzzer: material that is meant to be right. Ends with 1 when a clip is refused or comes back different.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>

#include "core/base/error.h"
#include "core/media/join.h"
#include "core/media/probe.h"
#include "core/media/video_reader.h"
#include "core/media/video_writer.h"
#include "core/video/convert.h"
#include "core/video/display_transform.h"

using namespace reelmend;
namespace fs = std::filesystem;

namespace {

media::ReaderOptions reading(media::ReaderOptions::Output output)
{
    media::ReaderOptions options;
    options.useCache = false;
    options.output = output;
    options.maximumWidth = output == media::ReaderOptions::Output::kNative ? 0 : 200;
    return options;
}

void readAll(const fs::path& clip)
{
    const auto reader = media::VideoReader::open(clip, reading(media::ReaderOptions::Output::kNative));
    for (std::int64_t i = 0; i < reader->frameCount(); ++i) {
        const video::Frame frame = reader->frame(i);
        if (i % 25 == 0) {
            const video::Image8 rgb = video::toRgb8(frame);
            const video::Frame made = video::fromRgb(rgb, frame.description());
            const video::Mask half(frame.width(), frame.height(), 1, 30000);
            video::keepNativeSamples(made, frame, half);
            video::toScreen8(frame);
            video::toRgbFloat(frame, 4);
        }
    }
    const auto shown = media::VideoReader::open(clip, reading(media::ReaderOptions::Output::kDisplayBgra));
    std::mt19937 random(1);
    for (int i = 0; i < 12; ++i) {
        shown->frame(static_cast<std::int64_t>(random() % static_cast<unsigned>(shown->frameCount())));
    }
}

bool writeAndCompare(const fs::path& clip, const fs::path& folder)
{
    constexpr std::int64_t kFrames = 12;
    const auto reader = media::VideoReader::open(clip, reading(media::ReaderOptions::Output::kNative));
    const std::int64_t count = std::min(kFrames, reader->frameCount());
    media::WriterSettings settings;
    settings.path = folder / "segment.mkv";
    settings.codec = media::Codec::kFfv1;
    settings.quality = media::WriterQuality::kLossless;
    settings.pixelFormat = reader->nativeFormat().name;
    settings.width = reader->info().header.width;
    settings.height = reader->info().header.height;
    settings.timeBase = reader->time(0).timeBase;
    media::VideoWriter writer(settings);
    for (std::int64_t i = 0; i < count; ++i) {
        writer.write(reader->frame(i), nullptr, nullptr);
    }
    writer.finish();
    media::JoinSettings joining;
    joining.carryFrom = clip;
    joining.range = base::FrameRange{0, count};
    media::joinSegments({settings.path}, folder / "joined.mkv", joining);
    const auto written =
        media::VideoReader::open(folder / "joined.mkv", reading(media::ReaderOptions::Output::kNative));
    bool isSame = written->frameCount() == count;
    for (std::int64_t i = 0; isSame && i < count; ++i) {
        isSame = video::sameSamples(written->frame(i), reader->frame(i));
    }
    return isSame;
}

} // namespace

int main(int count, char** arguments)
{
    const fs::path folder = fs::temp_directory_path() / "reelmend-read-clips";
    fs::create_directories(folder);
    int failures = 0;
    for (int i = 1; i < count; ++i) {
        try {
            media::ProbeOptions probing;
            probing.useCache = false;
            probing.check = media::DamageCheck::kShort;
            const video::ClipInfo info = media::probe(arguments[i], probing);
            readAll(arguments[i]);
            const bool isSame = writeAndCompare(arguments[i], folder);
            failures += isSame ? 0 : 1;
            std::printf("%s: %lld frames, %s\n", arguments[i], static_cast<long long>(info.frameCount()),
                isSame ? "written and read back alike" : "DIFFERENT after writing");
        } catch (const base::Error& error) {
            ++failures;
            std::printf("%s: %s\n", arguments[i], error.what());
        }
        std::fflush(stdout);
    }
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return failures == 0 ? 0 : 1;
}
