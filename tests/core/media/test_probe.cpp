#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/picture.h"
#include "core/media/probe.h"
#include "core/media/video_reader.h"
#include "core/video/convert.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;
namespace fs = std::filesystem;

namespace {

media::ProbeOptions uncached()
{
    media::ProbeOptions options;
    options.useCache = false;
    return options;
}

bool hasRemark(const video::ClipInfo& info, const std::string& part)
{
    const auto& remarks = info.scan->remarks;
    return std::any_of(remarks.begin(), remarks.end(),
        [&](const std::string& remark) { return remark.find(part) != std::string::npos; });
}

// A cache of its own while it lives.
class CacheFolder {
public:
    CacheFolder()
    {
        const char* usual = std::getenv("REELMEND_CACHE_DIR");
        before_ = usual ? usual : "";
        ::setenv("REELMEND_CACHE_DIR", folder_.path().c_str(), 1);
    }
    ~CacheFolder() { ::setenv("REELMEND_CACHE_DIR", before_.c_str(), 1); } // an empty one counts as not set
    const fs::path& path() const { return folder_.path(); }

private:
    test::TemporaryFolder folder_;
    std::string before_;
};

void writePicture(const fs::path& path, int number, int width = 64, int height = 64)
{
    media::writePng(path, video::toRgb8(test::paintedFrame(number, width, height, "rgb24")));
}

base::Error errorOf(const fs::path& path)
{
    try {
        media::probe(path, uncached());
    } catch (const base::Error& error) {
        return error;
    }
    FAIL("no error was thrown");
    return {base::ErrorKind::kFailed, "none"};
}

} // namespace

TEST_CASE("probe keeps what the header claims and what the scan found apart")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "clip.mp4";
    test::makeClip(path, {.frames = 50,
                             .gop = 20,
                             .timeBaseNum = 1001,
                             .timeBaseDen = 30000,
                             .audioTracks = 1,
                             .primaries = 1,
                             .transfer = 1,
                             .matrix = 1,
                             .range = 1});
    const auto info = media::probe(path, uncached());
    CHECK(info.header.codec == "h264");
    CHECK(info.header.width == 96);
    CHECK(info.header.height == 64);
    CHECK(info.header.pixelFormat == "yuv420p");
    CHECK(info.header.bitDepth == 8);
    CHECK(info.header.colour.matrix == video::Matrix::kBt709);
    CHECK(info.header.streams.size() == 2);
    CHECK(info.header.streams[1].summary == "stereo, 48 kHz");
    REQUIRE(info.scan);
    CHECK(info.scan->frameCount == 50);
    CHECK(!info.scan->hasVariableRate);
    CHECK(info.scan->frameRate == base::Rational{30000, 1001});
    CHECK(info.scan->keyFrameCount == 3);
    CHECK(info.scan->longestGop == 20);
    CHECK(info.scan->durationSeconds == doctest::Approx(50 * 1001 / 30000.0).epsilon(1e-4));
    CHECK(info.scan->remarks.empty());
    auto headerOnly = uncached();
    headerOnly.scan = false;
    CHECK(!media::probe(path, headerOnly).scan);
}

TEST_CASE("millisecond time stamps of Matroska still give the exact rate")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "clip.mkv";
    test::makeClip(path, {.frames = 100, .timeBaseNum = 1001, .timeBaseDen = 24000});
    const auto info = media::probe(path, uncached());
    CHECK(!info.scan->hasVariableRate);
    CHECK(info.scan->frameRate == base::Rational{24000, 1001});
    CHECK(hasRemark(info, "colours are not tagged"));
}

TEST_CASE("a scan is kept in the cache, and only while the file is the same")
{
    const test::TemporaryFolder folder;
    const CacheFolder cache;
    const auto path = folder / "clip.mp4";
    test::makeClip(path, {.frames = 20});
    CHECK(media::probe(path).scan->frameCount == 20);
    const auto entries = [&] {
        return std::distance(fs::directory_iterator(cache.path() / "index"), fs::directory_iterator{});
    };
    CHECK(entries() == 1);
    CHECK(media::probe(path).scan->frameCount == 20);
    CHECK(entries() == 1);
    // A damaged entry costs a scan, nothing else.
    for (const auto& entry : fs::directory_iterator(cache.path() / "index")) {
        std::ofstream(entry.path(), std::ios::binary | std::ios::app) << "damage";
    }
    CHECK(media::probe(path).scan->frameCount == 20);
    test::makeClip(path, {.frames = 31});
    CHECK(media::probe(path).scan->frameCount == 31);
    CHECK(entries() == 2);
}

TEST_CASE("numbered pictures are a clip, by folder or pattern")
{
    const test::TemporaryFolder folder;
    for (int i = 0; i < 12; ++i) {
        writePicture(folder / ("shot2_" + std::to_string(1000 + i).substr(1) + ".png"), i);
    }
    std::ofstream(folder / "notes.txt") << "not a picture";
    for (const fs::path& path : {folder.path(), folder / "shot2_%03d.png"}) {
        const auto info = media::probe(path, uncached());
        CHECK(info.isSequence());
        CHECK(info.path.ends_with("shot2_%03d.png"));
        CHECK(info.frameCount() == 12);
        CHECK(info.frameRate() == base::Rational{24, 1});
        const auto reader = media::VideoReader::open(path, {.threads = 2});
        for (const int i : {11, 0, 5, 6, 7, 2}) {
            CHECK(test::paintedNumber(reader->frame(i)) == i);
        }
    }
}

TEST_CASE("missing pictures are named and shown by the one before")
{
    const test::TemporaryFolder folder;
    for (const int i : {1, 2, 3, 6, 7}) {
        writePicture(folder / (std::to_string(i) + ".png"), i);
    }
    const auto info = media::probe(folder.path(), uncached());
    CHECK(info.frameCount() == 7);
    CHECK(info.scan->missingFrames == std::vector<std::int64_t>{4, 5});
    CHECK(hasRemark(info, "Pictures 4, 5 are missing"));
    const auto reader = media::VideoReader::open(folder.path(), {.threads = 1});
    CHECK(test::paintedNumber(reader->frame(4)) == 3);
    CHECK(reader->frame(4).description().isConcealed);
    CHECK(!reader->frame(5).description().isConcealed);
    CHECK(test::paintedNumber(reader->frame(5)) == 6);
}

TEST_CASE("a picture of another size in a sequence is named")
{
    const test::TemporaryFolder folder;
    writePicture(folder / "a0.png", 0);
    writePicture(folder / "a1.png", 1);
    writePicture(folder / "a2.png", 2, 32, 64);
    const auto reader = media::VideoReader::open(folder.path(), {.threads = 1});
    CHECK(test::paintedNumber(reader->frame(1)) == 1);
    try {
        reader->frame(2);
        FAIL("no error was thrown");
    } catch (const base::Error& error) {
        CHECK(std::string(error.what()).find("32x64") != std::string::npos);
    }
}

TEST_CASE("one picture is a clip of one frame")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "still 7.png";
    writePicture(path, 7);
    const auto info = media::probe(path, uncached());
    CHECK(!info.isSequence());
    CHECK(info.frameCount() == 1);
    CHECK(test::paintedNumber(media::VideoReader::open(path)->frame(0)) == 7);
}

TEST_CASE("bad input is one clear sentence each")
{
    const test::TemporaryFolder folder;
    std::ofstream(folder / "empty.mp4");
    std::ofstream(folder / "text.mp4") << "This is a text file that somebody named .mp4.\nIt has two lines.\n";
    std::ofstream(folder / "text.png") << "no picture";
    fs::create_directory(folder / "nothing here");
    test::makeClip(folder / "whole.mp4", {.frames = 50});
    fs::copy_file(folder / "whole.mp4", folder / "cut.mp4");
    test::truncateFile(folder / "cut.mp4", 0.5);
    test::ClipSpec sound{.frames = 5, .audioTracks = 1};
    const struct {
        fs::path path;
        const char* why;
    } cases[] = {
        {folder / "empty.mp4", "The file is empty."},
        {folder / "text.mp4", "It is not a video that can be read"},
        {folder / "text.png", "It is not a picture that can be read"},
        {folder / "missing.mp4", "There is no such file or folder."},
        {folder / "nothing here", "The folder holds no numbered pictures."},
        {folder / "none.%04d.png", "No numbered picture of that name is there."},
        {folder / "cut.mp4", "Its end is missing"},
    };
    for (const auto& c : cases) {
        const base::Error error = errorOf(c.path);
        CAPTURE(std::string(error.what()));
        CHECK(error.kind() == base::ErrorKind::kInput);
        CHECK(error.why().starts_with(c.why));
        CHECK(!error.hint().empty());
        CHECK(error.message().find(base::pathText(c.path.filename())) != std::string::npos);
    }
}

TEST_CASE("of a truncated file what can be read is offered")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "cut.mkv";
    test::makeClip(path, {.frames = 100, .gop = 10});
    test::truncateFile(path, 0.6);
    const auto info = media::probe(path, uncached());
    const auto count = info.frameCount();
    CHECK(count > 20);
    CHECK(count < 90);
    CHECK(hasRemark(info, "The file ends early"));
    const auto reader = media::VideoReader::open(path, {.threads = 2, .useCache = false});
    for (const std::int64_t i : {count - 3, std::int64_t{0}, count / 2}) {
        CHECK(test::paintedNumber(reader->frame(i)) == i);
    }
}

TEST_CASE("damage in the middle is concealed and the rest stays exact")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "damaged.mp4";
    test::makeClip(path, {.frames = 90, .gop = 15});
    std::string bytes = base::readFile(path);
    for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 1500; ++i) {
        bytes[i] = static_cast<char>(bytes[i] ^ 0x5a);
    }
    std::ofstream(path, std::ios::binary) << bytes;
    const auto reader = media::VideoReader::open(path, {.threads = 2, .useCache = false});
    CHECK(reader->frameCount() == 90);
    int right = 0;
    int concealed = 0;
    for (std::int64_t i = 0; i < reader->frameCount(); ++i) {
        CAPTURE(i);
        const video::Frame frame = reader->frame(i);
        const bool isRight = test::paintedNumber(frame) == i;
        right += isRight;
        concealed += frame.description().isConcealed;
        CHECK((isRight || frame.description().isConcealed));
    }
    CHECK(right >= 60);
    CHECK(concealed > 0);
    CHECK(concealed <= 30);
}

TEST_CASE("a check lists the frames that are concealed, and the cache remembers them")
{
    const test::TemporaryFolder folder;
    const CacheFolder cache;
    const auto path = folder / "damaged.mp4";
    test::makeClip(path, {.frames = 90, .gop = 15});
    CHECK(media::probe(path, {.check = media::DamageCheck::kShort}).scan->damagedFrames.empty());
    std::string bytes = base::readFile(path);
    for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 1500; ++i) {
        bytes[i] = static_cast<char>(bytes[i] ^ 0x5a);
    }
    std::ofstream(path, std::ios::binary) << bytes;
    CHECK_FALSE(media::probe(path).scan->wasChecked);
    const video::ClipInfo info = media::probe(path, {.check = media::DamageCheck::kAlways});
    const video::ClipScan& scan = *info.scan;
    CHECK(scan.wasChecked);
    REQUIRE(!scan.damagedFrames.empty());
    CHECK(hasRemark(info, "damaged"));
    // With frame threads a decoder forgets marks now and then: what the check found is what counts.
    for (const int threads : {0, 1, 3, 8}) {
        CAPTURE(threads);
        const auto reader = media::VideoReader::open(path, {.threads = threads});
        CHECK(reader->info().scan->damagedFrames == scan.damagedFrames); // from the cache
        std::vector<std::int64_t> concealed;
        for (std::int64_t i = 0; i < reader->frameCount(); ++i) {
            if (reader->frame(i).description().isConcealed) {
                concealed.push_back(i);
            }
        }
        CHECK(concealed == scan.damagedFrames);
    }
}

TEST_CASE("every shared clip is read alike in order and by jumping")
{
    const auto shared = test::sharedFolder();
    if (!shared) {
        MESSAGE("skipped: the shared clips are not here");
        return;
    }
    for (const auto& entry : fs::directory_iterator(*shared / "clips")) {
        CAPTURE(base::pathText(entry.path()));
        const auto info = media::probe(entry.path(), uncached());
        REQUIRE(info.frameCount() > 30);
        CHECK(info.frameRate().isPositive());
        const auto ordered = media::VideoReader::open(entry.path(), {.threads = 2});
        const auto jumping = media::VideoReader::open(entry.path(), {.threads = 1});
        std::vector<video::Frame> first;
        for (int i = 0; i < 40 && i < info.frameCount(); ++i) {
            first.push_back(ordered->frame(i));
            CHECK(!first.back().description().isConcealed);
        }
        for (const int i : {29, 3, 17, 0, 30, 16}) {
            CHECK(video::sameSamples(jumping->frame(i), first[static_cast<std::size_t>(i)]));
        }
    }
}
