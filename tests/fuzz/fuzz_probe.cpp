// Any bytes under any of the usual extensions: a refusal in words, or a clip whose scan is consistent and whose
// first, middle and last frame can be asked for. The first byte chooses the extension; FFmpeg itself is the system's
// and is not instrumented.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/base/error.h"
#include "core/media/probe.h"
#include "core/media/video_reader.h"

namespace {

constexpr const char* kExtensions[] = {".mp4", ".mkv", ".mov", ".webm", ".avi", ".ts", ".mpg", ".y4m", ".nut", ".wmv",
    ".png", ".exr", ".dpx", ".tif", ".jpg", ".bmp"};

std::filesystem::path fileWith(const std::uint8_t* data, std::size_t size)
{
    static const std::filesystem::path kFolder = [] {
        const auto folder = std::filesystem::path("/dev/shm") / ("reelmend-fuzz-" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder);
        return folder;
    }();
    const auto path = kFolder / (std::string("clip") + kExtensions[data[0] % std::size(kExtensions)]);
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(data + 1), static_cast<std::streamsize>(size - 1));
    return path;
}

void require(bool isTrue)
{
    if (!isTrue) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace reelmend;
    if (size < 2) {
        return 0;
    }
    const std::filesystem::path path = fileWith(data, size);
    try {
        media::ProbeOptions options;
        options.useCache = false;
        const video::ClipInfo info = media::probe(path, options);
        require(info.scan.has_value() && info.scan->frameCount > 0);
        require(info.displayWidth() > 0 && info.displayHeight() > 0);
        require(info.scan->frameRate.den != 0);
        if (std::int64_t{info.header.width} * info.header.height > 512 * 512) {
            std::filesystem::remove(path);
            return 0; // decoding large pictures is slow and finds nothing that small ones do not
        }
        media::ReaderOptions reading;
        reading.useCache = false;
        reading.threads = 1;
        const auto reader = media::VideoReader::open(path, reading);
        const std::int64_t last = reader->frameCount() - 1;
        for (const std::int64_t index : {last, std::int64_t{0}, last / 2}) {
            const video::Frame frame = reader->frame(index);
            require(frame.width() == info.header.width && frame.height() == info.header.height);
        }
    } catch (const base::Error& error) {
        require(!error.message().empty());
    }
    std::filesystem::remove(path);
    return 0;
}
