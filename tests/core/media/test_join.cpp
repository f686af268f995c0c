#include <doctest/doctest.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/media/join.h"
#include "core/media/probe.h"
#include "core/media/video_reader.h"
#include "core/media/video_writer.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using media::CarryItem;
using media::Codec;
using media::JoinSettings;
using media::VideoReader;
using media::WriterQuality;
using Fate = media::CarryItem::Fate;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<VideoReader> openReader(const fs::path& path)
{
    media::ReaderOptions options;
    options.useCache = false;
    return VideoReader::open(path, options);
}

// Frames [begin, end) of the source in segments of `length`, as a job writes them.
std::vector<fs::path> makeSegments(const fs::path& source, const fs::path& folder, base::FrameRange range,
    std::int64_t length, const std::string& extension, Codec codec = Codec::kH264,
    WriterQuality quality = WriterQuality::kLossless)
{
    const auto reader = openReader(source);
    std::vector<fs::path> segments;
    for (std::int64_t begin = range.begin; begin < range.end; begin += length) {
        media::WriterSettings settings;
        settings.path = folder / ("segment " + std::to_string(segments.size()) + extension);
        settings.codec = codec;
        settings.quality = quality;
        settings.pixelFormat = reader->info().header.pixelFormat;
        settings.width = reader->info().header.width;
        settings.height = reader->info().header.height;
        settings.timeBase = reader->time(0).timeBase;
        settings.frameRate = reader->info().frameRate();
        settings.colour = reader->frame(0).colour();
        settings.threads = 2;
        media::VideoWriter writer(settings);
        for (std::int64_t i = begin; i < std::min(range.end, begin + length); ++i) {
            writer.write(reader->frame(i), nullptr, nullptr);
        }
        writer.finish();
        segments.push_back(settings.path);
    }
    return segments;
}

const CarryItem* find(const std::vector<CarryItem>& items, const std::string& start)
{
    const auto found = std::find_if(
        items.begin(), items.end(), [&](const CarryItem& item) { return item.thing.starts_with(start); });
    return found == items.end() ? nullptr : &*found;
}

void checkNumbers(const fs::path& path, int first, int count)
{
    const auto reader = openReader(path);
    REQUIRE(reader->frameCount() == count);
    for (int i = 0; i < count; ++i) {
        REQUIRE(test::paintedNumber(reader->frame(i)) == first + i);
    }
}

test::ClipSpec richSpec()
{
    return {.frames = 72,
        .gop = 24,
        .metadata = {{"title", "A title"}, {"comment", "Kept"}, {"artist", "Somebody"}},
        .videoMetadata = {{"timecode", "01:00:00:00"}},
        .audioTracks = 2,
        .subtitles = true,
        .chapters = true,
        .attachment = true,
        .cover = true};
}

} // namespace

TEST_CASE("segments become one clip with the same audio packets")
{
    const test::TemporaryFolder folder;
    for (const char* name : {"mp4", "mkv", "mov"}) {
        const std::string extension = std::string(".") + name;
        CAPTURE(extension);
        const auto source = folder / ("source" + extension);
        test::makeClip(source, {.frames = 70, .gop = 24, .audioTracks = 2});
        const auto output = folder / ("joined" + extension);
        const auto segments =
            makeSegments(source, folder.path(), {0, 70}, 24, media::segmentExtension(media::Codec::kH264));
        REQUIRE(segments.size() == 3);
        JoinSettings settings;
        settings.carryFrom = source;
        const auto items = media::joinSegments(segments, output, settings);
        checkNumbers(output, 0, 70);
        for (int track = 0; track < 2; ++track) {
            const auto before = test::packetsOf(source, "audio", track);
            const auto after = test::packetsOf(output, "audio", track);
            REQUIRE(before.size() > 100);
            CHECK(before == after);
            // Sound and picture keep their distance.
            const auto pictures = openReader(output);
            const auto original = openReader(source);
            const double distance = after.front().seconds - pictures->time(0).seconds();
            CHECK(distance == doctest::Approx(before.front().seconds - original->time(0).seconds()).epsilon(0.002));
        }
        REQUIRE(items.size() >= 2);
        CHECK(find(items, "Audio 1")->fate == Fate::kKept);
        CHECK(find(items, "Audio 2")->thing.find("ita") != std::string::npos);
        // Nothing but the files that were asked for.
        CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator{}) >= 5);
    }
}

TEST_CASE("everything a Matroska clip carries is carried into Matroska")
{
    const test::TemporaryFolder folder;
    const auto source = folder / "rich.mkv";
    test::makeClip(source, richSpec());
    const auto output = folder / "joined.mkv";
    const auto segments = makeSegments(source, folder.path(), {0, 72}, 30, ".mkv");
    JoinSettings settings;
    settings.carryFrom = source;
    const auto planned = media::planCarry(source, output);
    const auto items = media::joinSegments(segments, output, settings);
    CHECK(items == planned);
    for (const CarryItem& item : items) {
        CAPTURE(item.thing);
        CAPTURE(item.text);
        CHECK(item.fate == Fate::kKept);
    }
    checkNumbers(output, 0, 72);
    const auto before = media::probe(source);
    const auto after = media::probe(output);
    CHECK(after.header.chapterCount == 2);
    CHECK(after.header.timecode == "01:00:00:00");
    REQUIRE(after.header.streams.size() == before.header.streams.size());
    for (std::size_t i = 0; i < after.header.streams.size(); ++i) {
        CHECK(after.header.streams[i].kind == before.header.streams[i].kind);
        CHECK(after.header.streams[i].codec == before.header.streams[i].codec);
        CHECK(after.header.streams[i].language == before.header.streams[i].language);
        CHECK(after.header.streams[i].isPicture == before.header.streams[i].isPicture);
    }
    CHECK(test::packetsOf(output, "subtitle") == test::packetsOf(source, "subtitle"));
    CHECK(test::fileMetadata(output, "title") == "A title");
    CHECK(test::fileMetadata(output, "COMMENT") == "Kept");
}

TEST_CASE("what a container cannot hold is said before and after")
{
    const test::TemporaryFolder folder;
    const auto source = folder / "rich.mkv";
    test::makeClip(source, richSpec());
    const auto output = folder / "joined.mp4";
    const auto planned = media::planCarry(source, output);
    REQUIRE(find(planned, "Attachment"));
    CHECK(find(planned, "Attachment")->fate == Fate::kLost);
    CHECK(find(planned, "Attachment")->text.find(".mkv") != std::string::npos);
    CHECK(find(planned, "Audio 1")->fate == Fate::kKept);
    CHECK(find(planned, "Chapters")->fate == Fate::kKept);
    const auto segments = makeSegments(source, folder.path(), {0, 72}, 72, ".mp4");
    JoinSettings settings;
    settings.carryFrom = source;
    const auto items = media::joinSegments(segments, output, settings);
    CHECK(find(items, "Timecode")->fate == Fate::kKept);
    REQUIRE(find(items, "Subtitles 1"));
    CHECK(find(items, "Subtitles 1")->fate == Fate::kChanged);
    CHECK(find(items, "Subtitles 1")->text == "They become MP4 timed text; their text stays.");
    const auto lines = test::packetsOf(output, "subtitle");
    const auto isShown = [&lines](const std::string& text) {
        return std::any_of(lines.begin(), lines.end(),
            [&text](const test::RawPacket& line) { return line.bytes.find(text) != std::string::npos; });
    };
    CHECK(isShown("Line 0"));
    CHECK(isShown("Line 2"));
    const auto after = media::probe(output);
    CHECK(after.header.timecode == "01:00:00:00");
    CHECK(after.header.chapterCount == 2);
    const bool hasCover = std::any_of(after.header.streams.begin(), after.header.streams.end(),
        [](const video::StreamInfo& stream) { return stream.isPicture; });
    CHECK(hasCover == (find(items, "Cover")->fate == Fate::kKept));
    // The track that holds the chapters' names in an MP4 is no track that could be lost.
    for (const CarryItem& item : media::planCarry(output, folder / "again.mp4")) {
        CAPTURE(item.thing);
        CHECK(item.fate == Fate::kKept);
    }
}

TEST_CASE("captions inside the pictures are said to be lost")
{
    const test::TemporaryFolder folder;
    test::makeClip(folder / "captioned.mp4", {.frames = 3, .captions = true});
    test::makeClip(folder / "plain.mp4", {.frames = 3});
    const auto items = media::planCarry(folder / "captioned.mp4", folder / "out.mkv");
    REQUIRE(find(items, "Closed captions"));
    CHECK(find(items, "Closed captions")->fate == Fate::kLost);
    CHECK_FALSE(find(media::planCarry(folder / "plain.mp4", folder / "out.mkv"), "Closed captions"));
}

TEST_CASE("what is promised for a container is what its muxer takes")
{
    const test::TemporaryFolder folder;
    const auto source = folder / "flac.mkv";
    test::ClipSpec spec = richSpec();
    spec.audioEncoder = "flac";
    test::makeClip(source, spec);
    for (const char* extension : {".mp4", ".mov", ".mkv", ".webm"}) {
        CAPTURE(std::string(extension));
        const auto output = folder / (std::string("joined") + extension);
        const bool isWebm = output.extension() == ".webm";
        const auto planned = media::planCarry(source, output);
        const bool holdsFlac = output.extension() == ".mp4" || output.extension() == ".mkv";
        CHECK((find(planned, "Audio 1")->fate == Fate::kKept) == holdsFlac);
        CHECK((find(planned, "Cover")->fate == Fate::kKept) == holdsFlac);
        if (isWebm) {
            continue; // no H.264 in it
        }
        const auto segments = makeSegments(source, folder.path(), {0, 72}, 72, ".mp4");
        JoinSettings settings;
        settings.carryFrom = source;
        CHECK(media::joinSegments(segments, output, settings) == planned);
        CHECK((test::packetsOf(output, "audio").size() > 10) == holdsFlac);
    }
}

TEST_CASE("a range is cut out with its sound")
{
    const test::TemporaryFolder folder;
    for (const char* name : {"mp4", "mkv"}) {
        const std::string extension = std::string(".") + name;
        CAPTURE(extension);
        const auto source = folder / ("source" + extension);
        test::makeClip(source, {.frames = 96,
                                   .gop = 24,
                                   .videoMetadata = {{"timecode", "01:00:00:00"}},
                                   .audioTracks = 1,
                                   .chapters = true});
        const auto output = folder / ("part" + extension);
        const auto segments =
            makeSegments(source, folder.path(), {24, 72}, 20, media::segmentExtension(media::Codec::kH264));
        JoinSettings settings;
        settings.carryFrom = source;
        settings.range = base::FrameRange{24, 72};
        const auto items = media::joinSegments(segments, output, settings);
        checkNumbers(output, 24, 48);
        const auto info = media::probe(output);
        CHECK(info.scan->durationSeconds == doctest::Approx(2.0).epsilon(0.002));
        CHECK(info.header.timecode == "01:00:01:00");
        const auto all = test::packetsOf(source, "audio");
        const auto part = test::packetsOf(output, "audio");
        const double frame = 1024.0 / 48000;
        CHECK(part.size() == doctest::Approx(2.0 / frame).epsilon(0.03));
        CHECK(std::abs(part.front().seconds - openReader(output)->time(0).seconds()) <= frame);
        const double start = openReader(source)->time(24).seconds();
        const auto first = std::find_if(
            all.begin(), all.end(), [start](const test::RawPacket& p) { return p.seconds >= start - 1e-6; });
        REQUIRE(first != all.end());
        CHECK(std::equal(part.begin(), part.end(), first));
        CHECK(find(items, "Audio 1")->fate == Fate::kChanged);
    }
}

TEST_CASE("variable times survive writing in segments and joining")
{
    const test::TemporaryFolder folder;
    test::ClipSpec spec{.frames = 40, .gop = 12, .timeBaseDen = 30000};
    std::int64_t time = 0;
    for (int i = 0; i < spec.frames; ++i) {
        spec.times.push_back(time);
        time += 700 + 997 * (i % 4);
    }
    const auto source = folder / "vfr.mp4";
    test::makeClip(source, spec);
    const auto segments = makeSegments(source, folder.path(), {0, 40}, 9, ".mp4");
    const auto output = folder / "joined.mp4";
    media::joinSegments(segments, output, {.carryFrom = source});
    const auto reader = openReader(output);
    REQUIRE(reader->frameCount() == 40);
    for (int i = 0; i < 40; ++i) {
        const double expected = static_cast<double>(spec.times[static_cast<std::size_t>(i)]) / 30000;
        CHECK(reader->time(i).seconds() == doctest::Approx(expected).epsilon(1e-12));
    }
    checkNumbers(output, 0, 40);
}

TEST_CASE("sequences of pictures are joined under consecutive numbers")
{
    const test::TemporaryFolder folder;
    const auto source = folder / "source.mkv";
    test::makeClip(source, {.encoder = "ffv1", .frames = 7, .bFrames = 0, .audioTracks = 1});
    std::vector<fs::path> segments;
    const auto reader = openReader(source);
    for (int begin = 0; begin < 7; begin += 3) {
        const auto segmentFolder = folder / ("segment " + std::to_string(begin));
        fs::create_directory(segmentFolder);
        media::WriterSettings settings;
        settings.path = segmentFolder / "x.%04d.png";
        settings.codec = Codec::kPng;
        settings.pixelFormat = "yuv420p";
        settings.width = 96;
        settings.height = 64;
        settings.timeBase = reader->time(0).timeBase;
        media::VideoWriter writer(settings);
        for (int i = begin; i < std::min(7, begin + 3); ++i) {
            writer.write(reader->frame(i), nullptr, nullptr);
        }
        writer.finish();
        segments.push_back(begin == 3 ? settings.path : segmentFolder);
    }
    const auto output = folder / "result.%05d.png";
    const auto items = media::joinSegments(segments, output, {.carryFrom = source});
    checkNumbers(output, 0, 7);
    CHECK(fs::exists(folder / "result.00001.png"));
    CHECK(fs::exists(folder / "result.00007.png"));
    CHECK(find(items, "Audio 1")->fate == Fate::kLost);
}

TEST_CASE("segments that do not fit together are refused and nothing is left")
{
    const test::TemporaryFolder folder;
    const auto a = folder / "a.mp4";
    const auto b = folder / "b.mp4";
    test::makeClip(a, {.frames = 5});
    test::makeClip(b, {.width = 128, .height = 64, .frames = 5});
    CHECK_THROWS_AS(media::joinSegments({a, b}, folder / "c.mp4", {}), base::Error);
    CHECK_THROWS_AS(media::joinSegments({a, folder / "missing.mp4"}, folder / "c.mp4", {}), base::Error);
    CHECK_THROWS_AS(media::joinSegments({}, folder / "c.mp4", {}), base::Error);
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator{}) == 2);
}

TEST_CASE("segments that start over at zero are put one behind the other")
{
    const test::TemporaryFolder folder;
    const auto a = folder / "a.mp4";
    test::makeClip(a, {.frames = 12});
    media::joinSegments({a, a}, folder / "twice.mp4", {});
    const auto reader = openReader(folder / "twice.mp4");
    REQUIRE(reader->frameCount() == 24);
    CHECK(test::paintedNumber(reader->frame(13)) == 1);
    CHECK(!reader->info().scan->hasVariableRate);
}

TEST_CASE("joining can be cancelled")
{
    const test::TemporaryFolder folder;
    const auto a = folder / "a.mp4";
    test::makeClip(a, {.frames = 12});
    base::Control control;
    control.requestCancel();
    JoinSettings settings;
    settings.control = &control;
    CHECK_THROWS_AS(media::joinSegments({a}, folder / "b.mp4", settings), base::Cancelled);
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator{}) == 1);
}

TEST_CASE("an unusable output is refused before any work")
{
    const test::TemporaryFolder folder;
    const auto input = folder / "in.mp4";
    test::makeClip(input, {.frames = 3});
    const auto kindOf = [&](const fs::path& output, bool overwrite) {
        try {
            media::checkOutput(input, output, overwrite);
        } catch (const base::Error& error) {
            CHECK(!error.why().empty());
            CHECK(!error.hint().empty());
            return error.kind();
        }
        return base::ErrorKind::kFailed; // stands for "accepted"
    };
    fs::create_symlink(input, folder / "link.mp4");
    test::makeClip(folder / "there.mp4", {.frames = 3});
    CHECK(kindOf(folder / "out.mp4", false) == base::ErrorKind::kFailed);
    CHECK(kindOf(input, true) == base::ErrorKind::kUsage);
    CHECK(kindOf(folder / "link.mp4", true) == base::ErrorKind::kUsage);
    CHECK(kindOf(folder / "there.mp4", false) == base::ErrorKind::kOutput);
    CHECK(kindOf(folder / "there.mp4", true) == base::ErrorKind::kFailed);
    CHECK(kindOf(folder / "no" / "out.mp4", true) == base::ErrorKind::kOutput);
    CHECK(kindOf(folder / "in.mp4" / "out.mp4", true) == base::ErrorKind::kOutput);
    CHECK(kindOf(folder / "out.txt", true) == base::ErrorKind::kUsage);
    CHECK(kindOf(folder / "out.png", true) == base::ErrorKind::kUsage);
    CHECK(kindOf(folder / "out.%04d.png", true) == base::ErrorKind::kFailed);
}
