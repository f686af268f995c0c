#include "core/train/clip_pack.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"

namespace reelmend::train {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why)
{
    throw base::Error(base::ErrorKind::kInput, "The training footage " + base::pathText(path) + " cannot be read.",
        why, "Pack it again with tools/train/pack_clips.py.");
}

struct Entry {
    const std::uint8_t* data = nullptr;
    std::int64_t frames = 0, height = 0, width = 0, channels = 1;
};

} // namespace

struct ClipPack::File {
    void* map = MAP_FAILED;
    std::size_t bytes = 0;

    ~File()
    {
        if (map != MAP_FAILED) {
            ::munmap(map, bytes);
        }
    }
};

struct ClipPack::Tensors {
    std::map<std::string, Entry> byName;
};

bool PackedSegment::has(PackedKind kind) const
{
    return std::any_of(variants.begin(), variants.end(), [kind](const PackedVariant& v) { return v.kind == kind; });
}

ClipPack::ClipPack(const std::vector<std::filesystem::path>& paths)
    : tensors_(std::make_unique<Tensors>())
{
    for (std::size_t i = 0; i < paths.size(); ++i) {
        add(paths[i], i == 0 ? "" : std::to_string(i) + "/");
    }
}

// Tensors of further files get a prefix, so that their names stay apart.
void ClipPack::add(const std::filesystem::path& path, const std::string& prefix)
{
    files_.push_back(std::make_unique<File>());
    File* const file = files_.back().get();
    auto& tensors = tensors_->byName;
    const std::size_t before = segments_.size();
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        refuse(path, "It does not exist or may not be read.");
    }
    struct stat status = {};
    if (::fstat(descriptor, &status) == 0 && status.st_size > 8) {
        file->bytes = static_cast<std::size_t>(status.st_size);
        file->map = ::mmap(nullptr, file->bytes, PROT_READ, MAP_SHARED, descriptor, 0);
    }
    ::close(descriptor);
    if (file->map == MAP_FAILED) {
        refuse(path, "It is empty or cannot be mapped.");
    }
    const auto* begin = static_cast<const std::uint8_t*>(file->map);
    std::uint64_t headerBytes = 0;
    std::memcpy(&headerBytes, begin, 8);
    if (headerBytes > file->bytes - 8 || headerBytes > (100u << 20)) {
        refuse(path, "Its header is longer than the file.");
    }
    const std::uint8_t* data = begin + 8 + headerBytes;
    const std::uint64_t dataBytes = file->bytes - 8 - headerBytes;
    try {
        const auto header = nlohmann::json::parse(begin + 8, begin + 8 + headerBytes);
        for (const auto& [name, tensor] : header.items()) {
            if (name == "__metadata__") {
                continue;
            }
            const auto shape = tensor.at("shape").get<std::vector<std::int64_t>>();
            const auto first = tensor.at("data_offsets").at(0).get<std::uint64_t>();
            const auto last = tensor.at("data_offsets").at(1).get<std::uint64_t>();
            if (tensor.at("dtype") != "U8" || shape.size() < 3 || shape.size() > 4 ||
                std::any_of(shape.begin(), shape.end(), [](auto v) { return v < 1 || v > 100'000; })) {
                refuse(path, "The tensor " + name + " does not hold 8-bit frames.");
            }
            const Entry e{data + first, shape[0], shape[1], shape[2], shape.size() == 4 ? shape[3] : 1};
            if (first > last || last > dataBytes ||
                last - first != static_cast<std::uint64_t>(e.frames * e.height * e.width * e.channels)) {
                refuse(path, "The tensor " + name + " does not have the size that it claims.");
            }
            tensors[prefix + name] = e;
        }
        const auto list = nlohmann::json::parse(header.at("__metadata__").at("segments").get<std::string>());
        for (const auto& item : list) {
            PackedSegment s;
            const auto key = prefix + item.at("key").get<std::string>();
            s.name = item.at("name").get<std::string>();
            s.tensor = key + ".clean";
            s.mask = item.at("mask").get<bool>() ? key + ".mask" : "";
            const Entry& clean = tensors.at(s.tensor);
            s.frames = clean.frames;
            s.height = clean.height;
            s.width = clean.width;
            for (const auto& v : item.at("variants")) {
                const auto& kind = v.at("kind");
                PackedVariant variant;
                variant.tensor = prefix + v.at("key").get<std::string>();
                variant.kind = kind == "upscale"   ? PackedKind::kUpscale
                               : kind == "inpaint" ? PackedKind::kInpaint
                                                   : PackedKind::kRestore;
                variant.scale = v.at("scale").get<std::int64_t>();
                variant.sigma = v.at("sigma").get<double>();
                variant.crf = v.at("crf").get<int>();
                for (const auto& baseline : v.value("baselines", nlohmann::json::array())) {
                    variant.baselines.push_back(prefix + baseline.get<std::string>());
                    const Entry& e = tensors.at(variant.baselines.back());
                    if (e.frames != s.frames || e.height != s.height || e.width != s.width || e.channels != 3) {
                        refuse(path, "The baseline " + variant.baselines.back() + " does not fit its clean frames.");
                    }
                }
                if (variant.kind == PackedKind::kInpaint) {
                    variant.mask = variant.tensor + ".mask";
                    variant.trust = variant.tensor + ".trust";
                    for (const std::string& map : {variant.mask, variant.trust}) {
                        const Entry& e = tensors.at(map);
                        if (e.frames != s.frames || e.height != s.height || e.width != s.width || e.channels != 1) {
                            refuse(path, "The map " + map + " does not fit its clean frames.");
                        }
                    }
                }
                s.variants.push_back(std::move(variant));
                const Entry& e = tensors.at(s.variants.back().tensor);
                if (e.frames != s.frames || e.height * s.variants.back().scale != s.height ||
                    e.width * s.variants.back().scale != s.width) {
                    refuse(path, "The variant " + s.variants.back().tensor + " does not fit its clean frames.");
                }
            }
            segments_.push_back(std::move(s));
        }
    } catch (const nlohmann::json::exception& error) {
        refuse(path, std::string("Its header is not what a pack has: ") + error.what());
    } catch (const std::out_of_range&) {
        refuse(path, "A tensor that its list of segments names is missing.");
    }
    if (segments_.size() == before) {
        refuse(path, "It holds no segment.");
    }
}

ClipPack::~ClipPack() = default;

Pixels ClipPack::read(const std::string& tensor, std::int64_t firstFrame, std::int64_t frames, std::int64_t top,
    std::int64_t left, std::int64_t height, std::int64_t width) const
{
    const Entry& e = tensors_->byName.at(tensor);
    Pixels result(frames, e.channels, height, width);
    for (std::int64_t f = 0; f < frames; ++f) {
        const std::int64_t frame = std::clamp<std::int64_t>(firstFrame + f, 0, e.frames - 1);
        for (std::int64_t y = 0; y < height; ++y) {
            const std::int64_t row = std::clamp<std::int64_t>(top + y, 0, e.height - 1);
            const std::uint8_t* from = e.data + (frame * e.height + row) * e.width * e.channels;
            for (std::int64_t x = 0; x < width; ++x) {
                const std::int64_t column = std::clamp<std::int64_t>(left + x, 0, e.width - 1);
                for (std::int64_t c = 0; c < e.channels; ++c) {
                    result.at(f, c, y, x) = static_cast<float>(from[column * e.channels + c]) / 255.f;
                }
            }
        }
    }
    return result;
}

} // namespace reelmend::train
