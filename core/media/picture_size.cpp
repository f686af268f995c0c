#include <array>
#include <cstring>
#include <fstream>

#include "core/media/sequence.h"

namespace reelmend::media {

namespace {

// The first bytes of a file; every kind but JPEG says its size within them.
class Head {
public:
    explicit Head(const std::filesystem::path& path)
        : file_(path, std::ios::binary)
    {
        file_.read(reinterpret_cast<char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
        size_ = static_cast<std::size_t>(file_.gcount());
        file_.clear();
    }
    std::size_t size() const { return size_; }
    const unsigned char* data() const { return bytes_.data(); }
    bool startsWith(std::string_view magic) const
    {
        return size_ >= magic.size() && std::memcmp(bytes_.data(), magic.data(), magic.size()) == 0;
    }
    std::uint32_t big(std::size_t at) const
    {
        return static_cast<std::uint32_t>(bytes_[at]) << 24 | static_cast<std::uint32_t>(bytes_[at + 1]) << 16 |
               static_cast<std::uint32_t>(bytes_[at + 2]) << 8 | bytes_[at + 3];
    }
    std::uint32_t little(std::size_t at) const { return __builtin_bswap32(big(at)); }
    std::ifstream& file() { return file_; }

private:
    std::ifstream file_;
    std::array<unsigned char, 4096> bytes_{};
    std::size_t size_ = 0;
};

PictureSize sizeFrom(std::uint32_t width, std::uint32_t height)
{
    return {static_cast<int>(width), static_cast<int>(height)};
}

// Walks the markers up to the frame header (ITU-T T.81, B.2.2).
std::optional<PictureSize> jpegSize(std::ifstream& file)
{
    file.seekg(2);
    std::array<unsigned char, 9> b{};
    const auto read = [&](std::streamsize count) {
        return static_cast<bool>(file.read(reinterpret_cast<char*>(b.data()), count));
    };
    while (read(4)) {
        if (b[0] != 0xff) {
            return std::nullopt;
        }
        const int marker = b[1];
        const int length = b[2] << 8 | b[3];
        const bool isFrame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (isFrame) {
            return read(5) ? std::optional(PictureSize{b[3] << 8 | b[4], b[1] << 8 | b[2]}) : std::nullopt;
        }
        if (marker == 0xda || length < 2) {
            return std::nullopt;
        }
        file.seekg(length - 2, std::ios::cur);
    }
    return std::nullopt;
}

// The data window is an attribute somewhere in the first kilobytes.
std::optional<PictureSize> exrSize(const Head& head)
{
    constexpr std::string_view kName("dataWindow\0box2i\0", 17);
    const std::string_view all(reinterpret_cast<const char*>(head.data()), head.size());
    const std::size_t at = all.find(kName);
    if (at == std::string_view::npos || at + kName.size() + 20 > head.size()) {
        return std::nullopt;
    }
    const std::size_t box = at + kName.size() + 4;
    return sizeFrom(head.little(box + 8) - head.little(box) + 1, head.little(box + 12) - head.little(box + 4) + 1);
}

constexpr std::string_view kExrMagic("\x76\x2f\x31\x01", 4);

} // namespace

int exrBits(const std::filesystem::path& path)
{
    constexpr std::string_view kName("channels\0chlist\0", 16);
    constexpr std::uint32_t kHalf = 1;
    const Head head(path);
    const std::string_view all(reinterpret_cast<const char*>(head.data()), head.size());
    std::size_t at = all.find(kName);
    if (!head.startsWith(kExrMagic) || at == std::string_view::npos) {
        return 0;
    }
    // Each channel: its name, a zero, its type, and 12 bytes more (OpenEXR file layout, "chlist"); a zero ends them.
    int bits = 16;
    for (at += kName.size() + 4; at < head.size() && all[at] != 0;) {
        const std::size_t type = all.find('\0', at) + 1;
        if (type == 0 || type + 16 > head.size()) {
            return 32;
        }
        bits = head.little(type) == kHalf ? bits : 32;
        at = type + 16;
    }
    return bits;
}

std::optional<PictureSize> pictureSize(const std::filesystem::path& path)
{
    using namespace std::string_view_literals;
    Head head(path);
    if (head.startsWith("\x89PNG\r\n\x1a\n"sv) && head.size() >= 24) {
        return sizeFrom(head.big(16), head.big(20));
    }
    if (head.startsWith("\xff\xd8"sv)) {
        return jpegSize(head.file());
    }
    if ((head.startsWith("SDPX"sv) || head.startsWith("XPDS"sv)) && head.size() >= 780) {
        const bool isBig = head.startsWith("SDPX"sv);
        return isBig ? sizeFrom(head.big(772), head.big(776)) : sizeFrom(head.little(772), head.little(776));
    }
    if (head.startsWith(kExrMagic)) {
        return exrSize(head);
    }
    if (head.startsWith("BM"sv) && head.size() >= 26) {
        return sizeFrom(head.little(18), head.little(22));
    }
    return std::nullopt;
}

} // namespace reelmend::media
