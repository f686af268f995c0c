#include "core/media/sequence.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <map>
#include <numeric>
#include <tuple>

#include "core/base/files.h"

namespace reelmend::media {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kLargestPicture = std::uintmax_t{1} << 30;

std::string lowerExtension(const fs::path& path)
{
    std::string text = base::pathText(path.extension());
    std::transform(
        text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

struct NumberedName {
    std::string prefix, digits, suffix;
};

// The last run of digits before the extension counts: "shot2_0001.png" is number 1 of "shot2_".
std::optional<NumberedName> splitName(const std::string& name)
{
    const std::size_t dot = name.rfind('.');
    std::size_t end = dot == std::string::npos ? name.size() : dot;
    while (end > 0 && !std::isdigit(static_cast<unsigned char>(name[end - 1]))) {
        --end;
    }
    std::size_t begin = end;
    while (begin > 0 && std::isdigit(static_cast<unsigned char>(name[begin - 1]))) {
        --begin;
    }
    if (begin == end || end - begin > 18) {
        return std::nullopt;
    }
    return NumberedName{name.substr(0, begin), name.substr(begin, end - begin), name.substr(end)};
}

std::int64_t numberOf(const std::string& digits)
{
    std::int64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

void finish(Sequence& sequence)
{
    std::sort(sequence.numbers.begin(), sequence.numbers.end());
    sequence.numbers.erase(std::unique(sequence.numbers.begin(), sequence.numbers.end()), sequence.numbers.end());
    std::int64_t step = 0;
    for (std::size_t i = 1; i < sequence.numbers.size(); ++i) {
        step = std::gcd(step, sequence.numbers[i] - sequence.numbers[i - 1]);
    }
    sequence.step = std::max<std::int64_t>(1, step);
}

template <class Visit> void forEachFile(const fs::path& folder, const std::string& what, Visit visit)
{
    std::error_code code;
    for (fs::directory_iterator it(folder.empty() ? fs::path(".") : folder, code), end; !code && it != end;
         it.increment(code)) {
        if (it->is_regular_file(code)) {
            visit(base::pathText(it->path().filename()));
        }
        code.clear();
    }
    if (code) {
        throw base::systemError(base::ErrorKind::kInput, what, code.value());
    }
}

Sequence filesOfPattern(Sequence sequence, const fs::path& path)
{
    const std::string what = quoted(path) + " cannot be opened.";
    forEachFile(sequence.folder, what, [&sequence](const std::string& name) {
        if (name.size() <= sequence.prefix.size() + sequence.suffix.size() || !name.starts_with(sequence.prefix) ||
            !name.ends_with(sequence.suffix)) {
            return;
        }
        const std::string middle =
            name.substr(sequence.prefix.size(), name.size() - sequence.prefix.size() - sequence.suffix.size());
        const bool areDigits = middle.size() <= 18 && std::all_of(middle.begin(), middle.end(),
                                                          [](unsigned char c) { return std::isdigit(c); });
        const bool isPadded = static_cast<int>(middle.size()) == sequence.digits ||
                              (middle.front() != '0' && static_cast<int>(middle.size()) > sequence.digits) ||
                              (middle == "0" && sequence.digits == 0);
        if (areDigits && isPadded) {
            sequence.numbers.push_back(numberOf(middle));
        }
    });
    if (sequence.numbers.empty()) {
        throw base::Error(base::ErrorKind::kInput, what, "No numbered picture of that name is there.",
            "Check the folder and the name, for example \"name.%04d.png\".");
    }
    finish(sequence);
    return sequence;
}

Sequence filesOfFolder(const fs::path& folder)
{
    const std::string what = quoted(folder) + " cannot be opened.";
    std::map<std::tuple<std::string, std::string>, std::vector<std::string>> groups;
    forEachFile(folder, what, [&groups](const std::string& name) {
        if (name.starts_with('.') || pictureCodec(base::pathFromText(name)) == AV_CODEC_ID_NONE) {
            return;
        }
        if (const auto parts = splitName(name)) {
            groups[{parts->prefix, parts->suffix}].push_back(parts->digits);
        }
    });
    if (groups.empty()) {
        throw base::Error(base::ErrorKind::kInput, what, "The folder holds no numbered pictures.",
            "Choose a folder with pictures such as \"name.0001.png\", or a video file.");
    }
    const auto best = std::max_element(
        groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    Sequence sequence;
    sequence.folder = folder;
    std::tie(sequence.prefix, sequence.suffix) = best->first;
    // Padded when any number starts with 0; then all have at least that many digits.
    std::size_t shortest = 18;
    bool isPadded = false;
    for (const std::string& digits : best->second) {
        shortest = std::min(shortest, digits.size());
        isPadded = isPadded || (digits.size() > 1 && digits.front() == '0');
    }
    sequence.digits = isPadded ? static_cast<int>(shortest) : 0;
    for (const std::string& digits : best->second) {
        sequence.numbers.push_back(numberOf(digits));
    }
    finish(sequence);
    return sequence;
}

} // namespace

std::int64_t Sequence::length() const
{
    return numbers.empty() ? 0 : (numbers.back() - numbers.front()) / step + 1;
}

fs::path Sequence::numberedPath(std::int64_t number) const
{
    if (digits < 0) {
        return folder / base::pathFromText(prefix);
    }
    std::string text = std::to_string(number);
    if (static_cast<int>(text.size()) < digits) {
        text.insert(0, static_cast<std::size_t>(digits) - text.size(), '0');
    }
    return folder / base::pathFromText(prefix + text + suffix);
}

fs::path Sequence::file(std::int64_t slot) const
{
    const auto after = std::upper_bound(numbers.begin(), numbers.end(), numberAt(slot));
    return numberedPath(*std::prev(after));
}

bool Sequence::isHole(std::int64_t slot) const
{
    return !std::binary_search(numbers.begin(), numbers.end(), numberAt(slot));
}

std::vector<std::int64_t> Sequence::holes() const
{
    std::vector<std::int64_t> result;
    for (std::int64_t slot = 0; slot < length(); ++slot) {
        if (isHole(slot)) {
            result.push_back(numberAt(slot));
        }
    }
    return result;
}

std::string Sequence::pattern() const
{
    const std::string place = digits > 0 ? "%0" + std::to_string(digits) + "d" : "%d";
    return base::pathText(folder / base::pathFromText(prefix + place + suffix));
}

std::optional<Sequence> parsePattern(const fs::path& path)
{
    const std::string name = base::pathText(path.filename());
    const std::size_t percent = name.find('%');
    if (percent == std::string::npos) {
        return std::nullopt;
    }
    std::size_t end = percent + 1;
    while (end < name.size() && std::isdigit(static_cast<unsigned char>(name[end]))) {
        ++end;
    }
    if (end >= name.size() || name[end] != 'd' || end - percent > 3) {
        return std::nullopt;
    }
    Sequence sequence;
    sequence.folder = path.parent_path();
    sequence.prefix = name.substr(0, percent);
    sequence.suffix = name.substr(end + 1);
    std::from_chars(name.data() + percent + 1, name.data() + end, sequence.digits);
    return sequence.digits <= 18 ? std::optional(sequence) : std::nullopt;
}

std::vector<fs::path> patternsOf(const fs::path& picture)
{
    const auto parts = splitName(base::pathText(picture.filename()));
    if (!parts) {
        return {};
    }
    const auto pattern = [&](const std::string& place) {
        return picture.parent_path() / base::pathFromText(parts->prefix + place + parts->suffix);
    };
    const std::size_t digits = parts->digits.size();
    return digits > 1 ? std::vector{pattern("%0" + std::to_string(digits) + "d"), pattern("%d")}
                      : std::vector{pattern("%d")};
}

bool namesSequence(const fs::path& path)
{
    std::error_code ignored;
    return fs::is_directory(path, ignored) || (parsePattern(path) && !fs::exists(path, ignored));
}

Sequence findSequence(const fs::path& patternOrFolder)
{
    std::error_code ignored;
    if (fs::is_directory(patternOrFolder, ignored)) {
        return filesOfFolder(patternOrFolder);
    }
    if (const auto sequence = parsePattern(patternOrFolder)) {
        return filesOfPattern(*sequence, patternOrFolder);
    }
    throw base::systemError(base::ErrorKind::kInput, quoted(patternOrFolder) + " cannot be opened.", ENOENT);
}

AVCodecID pictureCodec(const fs::path& path)
{
    static const std::map<std::string_view, AVCodecID> kByExtension{
        {".png", AV_CODEC_ID_PNG},
        {".jpg", AV_CODEC_ID_MJPEG},
        {".jpeg", AV_CODEC_ID_MJPEG},
        {".tif", AV_CODEC_ID_TIFF},
        {".tiff", AV_CODEC_ID_TIFF},
        {".exr", AV_CODEC_ID_EXR},
        {".dpx", AV_CODEC_ID_DPX},
        {".bmp", AV_CODEC_ID_BMP},
        {".webp", AV_CODEC_ID_WEBP},
        {".tga", AV_CODEC_ID_TARGA},
        {".ppm", AV_CODEC_ID_PPM},
        {".pgm", AV_CODEC_ID_PGM},
        {".pbm", AV_CODEC_ID_PBM},
        {".pam", AV_CODEC_ID_PAM},
        {".pfm", AV_CODEC_ID_PFM},
        {".jp2", AV_CODEC_ID_JPEG2000},
        {".j2k", AV_CODEC_ID_JPEG2000},
        {".j2c", AV_CODEC_ID_JPEG2000},
        {".sgi", AV_CODEC_ID_SGI},
        {".rgb", AV_CODEC_ID_SGI},
        {".pcx", AV_CODEC_ID_PCX},
        {".qoi", AV_CODEC_ID_QOI},
        {".psd", AV_CODEC_ID_PSD},
        {".jxl", AV_CODEC_ID_JPEGXL},
    };
    const std::string extension = lowerExtension(path);
    const auto found = kByExtension.find(extension);
    return found == kByExtension.end() ? AV_CODEC_ID_NONE : found->second;
}

AVCodecID pictureCodec(const fs::path& path, std::string_view firstBytes)
{
    using namespace std::string_view_literals;
    struct Magic {
        std::string_view bytes;
        AVCodecID codec;
    };
    static constexpr std::array kMagics{
        Magic{"\x89PNG\r\n\x1a\n"sv, AV_CODEC_ID_PNG},
        Magic{"\xff\xd8\xff"sv, AV_CODEC_ID_MJPEG},
        Magic{"II*\0"sv, AV_CODEC_ID_TIFF},
        Magic{"MM\0*"sv, AV_CODEC_ID_TIFF},
        Magic{"\x76\x2f\x31\x01"sv, AV_CODEC_ID_EXR},
        Magic{"SDPX"sv, AV_CODEC_ID_DPX},
        Magic{"XPDS"sv, AV_CODEC_ID_DPX},
        Magic{"RIFF"sv, AV_CODEC_ID_WEBP},
        Magic{"\0\0\0\x0cjP  "sv, AV_CODEC_ID_JPEG2000},
        Magic{"\xff\x4f\xff\x51"sv, AV_CODEC_ID_JPEG2000},
        Magic{"qoif"sv, AV_CODEC_ID_QOI},
    };
    for (const Magic& magic : kMagics) {
        if (firstBytes.starts_with(magic.bytes)) {
            return magic.codec;
        }
    }
    return pictureCodec(path);
}

PacketPtr readPicturePacket(const fs::path& path)
{
    const std::string bytes = base::readFile(path, kLargestPicture);
    if (bytes.empty()) {
        throw base::Error(base::ErrorKind::kInput, quoted(path) + " cannot be opened.", "The file is empty.",
            "Check how it was copied or made.");
    }
    PacketPtr packet = makePacket();
    if (const int code = av_new_packet(packet.get(), static_cast<int>(bytes.size())); code < 0) {
        throw ffmpegError(base::ErrorKind::kInput, quoted(path) + " cannot be read.", code);
    }
    std::memcpy(packet->data, bytes.data(), bytes.size());
    packet->flags |= AV_PKT_FLAG_KEY;
    return packet;
}

FramePtr decodePicture(const fs::path& path, AVCodecID* codec)
{
    const PacketPtr packet = readPicturePacket(path);
    AVCodecParameters parameters{};
    parameters.codec_type = AVMEDIA_TYPE_VIDEO;
    parameters.codec_id =
        pictureCodec(path, {reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)});
    if (codec) {
        *codec = parameters.codec_id;
    }
    const CodecPtr decoder = openDecoder(&parameters, {1, 1}, 1, quoted(path));
    FramePtr frame = makeFrame();
    int code = avcodec_send_packet(decoder.get(), packet.get());
    if (code >= 0) {
        code = avcodec_receive_frame(decoder.get(), frame.get());
    }
    if (code == AVERROR(EAGAIN)) {
        avcodec_send_packet(decoder.get(), nullptr);
        code = avcodec_receive_frame(decoder.get(), frame.get());
    }
    if (code < 0) {
        throw base::Error(base::ErrorKind::kInput, quoted(path) + " cannot be opened.",
            "It is not a picture that can be read, or it is damaged.", "Open it in a picture viewer to check it.");
    }
    return frame;
}

} // namespace reelmend::media
