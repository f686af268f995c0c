#include <ATen/ATen.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/fingerprint.h"
#include "core/media/mask_reader.h"
#include "core/models/safetensors.h"
#include "core/runner/file_fingerprint.h"
#include "core/runner/finetune_data.h"
#include "core/train/pixels.h"
#include "core/video/convert.h"

namespace reelmend::runner {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMostSegments = 40; // of a clip
constexpr double kMostCodedPixels = 40e6;  // of a segment that goes through a codec: 12 bytes each
constexpr int kVariants = 2;               // of a segment
const char* const kTraining = "teaching.safetensors";
const char* const kValidation = "validation.safetensors";

// 8-bit RGB of frames, cropped at the top left: [frames, height, width, 3].
at::Tensor framesOf(media::VideoReader& reader, std::int64_t first, std::int64_t count, std::int64_t height,
    std::int64_t width, const base::Control& control)
{
    at::Tensor result = at::empty({count, height, width, 3}, at::kByte);
    for (std::int64_t i = 0; i < count; ++i) {
        control.checkpoint();
        const video::Image8 rgb = video::toRgb8(reader.frame(first + i));
        for (std::int64_t y = 0; y < height; ++y) {
            std::copy_n(rgb.row(static_cast<int>(y)), 3 * width,
                result.data_ptr<std::uint8_t>() + ((i * height) + y) * width * 3);
        }
    }
    return result;
}

// [frames, height, width], 255 = change.
at::Tensor maskOf(
    video::MaskSource& mask, std::int64_t first, std::int64_t count, std::int64_t height, std::int64_t width)
{
    at::Tensor result = at::empty({count, height, width}, at::kByte);
    auto* to = result.data_ptr<std::uint8_t>();
    for (std::int64_t i = 0; i < count; ++i) {
        const video::Mask picture = mask.mask(first + i);
        for (std::int64_t y = 0; y < height; ++y) {
            const std::uint16_t* row = picture.row(static_cast<int>(y));
            to = std::transform(
                row, row + width, to, [](std::uint16_t v) { return static_cast<std::uint8_t>(v >> 8); });
        }
    }
    return result;
}

train::Pixels pixelsOf(const at::Tensor& frames) // uint8 [frames, height, width, 3]
{
    train::Pixels pixels(frames.size(0), 3, frames.size(1), frames.size(2));
    const at::Tensor planes = frames.permute({0, 3, 1, 2}).to(at::kFloat).div(255).contiguous();
    std::copy_n(planes.data_ptr<float>(), planes.numel(), pixels.values.data());
    return pixels;
}

at::Tensor bytesOf(const train::Pixels& pixels)
{
    const at::Tensor planes =
        at::tensor(pixels.values).view({pixels.frames, pixels.channels, pixels.height, pixels.width});
    return (planes.clamp(0, 1) * 255).round().to(at::kByte).permute({0, 2, 3, 1}).contiguous();
}

// What a request's codec damage does to a clip, apart from what is drawn.
struct Damage {
    int scale = 1; // 2 or 4: the frames are reduced before
    bool isNeeded = false;
};

Damage damageOf(const jobs::FineTuneRequest& request)
{
    return {request.task == jobs::Task::kUpscale ? request.scale : 1,
        request.task == jobs::Task::kUpscale || request.task == jobs::Task::kRestore};
}

train::Pixels damaged(
    train::Pixels clean, const Damage& damage, const train::CodecDamage& codec, train::Random& random)
{
    if (damage.scale > 1) {
        clean =
            train::resized(clean, clean.height / damage.scale, clean.width / damage.scale, train::Filter::kBicubic);
    } else {
        train::addNoise(clean, random.uniform(0, 0.08), random.chance(0.4) ? random.uniform(0.4, 1.0) : 0,
            random.chance(0.3), random);
    }
    train::clampToUnit(clean);
    return codec.damaged(clean, random);
}

// One piece of a clip on its way into a pack.
struct Piece {
    media::VideoReader& clean;
    media::VideoReader* degraded; // or null
    video::MaskSource* mask;      // or null
    int scale;                    // of the degraded clip
    std::string name;
    std::int64_t first, count;
    std::uint64_t key; // of its damage
};

struct Pack {
    models::NamedTensors tensors;
    nlohmann::json entries = nlohmann::json::array();

    void add(const Piece& piece, const Damage& damage, const train::CodecDamage& codec, const base::Control& control)
    {
        const video::ClipHeader& header = piece.clean.info().header;
        const std::int64_t height = header.height / 8 * 8, width = header.width / 8 * 8;
        const std::string key = "s" + std::to_string(entries.size());
        const at::Tensor clean = framesOf(piece.clean, piece.first, piece.count, height, width, control);
        nlohmann::json entry{{"key", key}, {"name", piece.name}, {"frames", piece.count}, {"height", height},
            {"width", width}, {"mask", piece.mask != nullptr}, {"variants", nlohmann::json::array()}};
        const auto addVariant = [&](const std::string& name, const at::Tensor& frames, int scale) {
            tensors.emplace_back(name, frames);
            entry["variants"].push_back({{"key", name}, {"kind", scale == 1 ? "restore" : "upscale"},
                {"scale", scale}, {"sigma", 0}, {"crf", 0}});
        };
        if (piece.mask) {
            tensors.emplace_back(key + ".mask", maskOf(*piece.mask, piece.first, piece.count, height, width));
        }
        if (piece.degraded) {
            addVariant(key + ".given",
                framesOf(
                    *piece.degraded, piece.first, piece.count, height / piece.scale, width / piece.scale, control),
                piece.scale);
        } else if (damage.isNeeded && static_cast<double>(piece.count * height * width) < kMostCodedPixels) {
            for (int i = 0; i < kVariants; ++i) {
                control.checkpoint();
                train::Random random(
                    piece.key, static_cast<std::uint64_t>(piece.first), static_cast<std::uint64_t>(i));
                addVariant(key + ".coded" + std::to_string(i),
                    bytesOf(damaged(pixelsOf(clean), damage, codec, random)), damage.scale);
            }
        }
        tensors.emplace_back(key + ".clean", clean);
        entries.push_back(std::move(entry));
    }

    void write(const fs::path& path) const
    {
        models::writeSafetensors(path, tensors, {{"format", "reelmend-pack-1"}, {"segments", entries.dump()}});
    }
};

// Names and states of all files, and everything of the request that the packs depend on.
std::string fingerprintOf(const TeachingData& data, const jobs::FineTuneRequest& request, double mostBytes)
{
    std::string text = "pack 2 " + std::to_string(request.frames) + " " + std::to_string(request.size) + " " +
                       std::string(jobs::taskName(request.task)) + " " + std::to_string(request.scale) + " " +
                       std::to_string(request.seed) + " " + std::to_string(mostBytes);
    for (const TeachingClip& clip : data.clips) {
        for (const fs::path& path : {clip.clean, clip.degraded, clip.mask}) {
            text += "\n" + (path.empty() ? std::string() : fingerprint(path));
        }
    }
    return base::textFingerprint(text);
}

// The packs that a folder holds; none before the training's is there, which is written last.
PackedData packsIn(const fs::path& folder)
{
    PackedData packed;
    std::error_code code;
    if (fs::exists(folder / kTraining, code)) {
        packed.training.push_back(folder / kTraining);
        if (fs::exists(folder / kValidation, code)) {
            packed.validation.push_back(folder / kValidation);
        }
    }
    return packed;
}

void hand(const fs::path& from, const fs::path& to)
{
    std::error_code code;
    if (fs::exists(from / kValidation, code)) {
        base::linkOrCopy(from / kValidation, to / kValidation);
    }
    base::linkOrCopy(from / kTraining, to / kTraining);
}

// Footage of the last few jobs is kept.
void dropOldPacks(const fs::path& cache)
{
    constexpr std::size_t kKept = 4;
    std::vector<std::pair<fs::file_time_type, fs::path>> all;
    std::error_code code;
    for (fs::directory_iterator entry(cache, code), end; !code && entry != end; entry.increment(code)) {
        std::error_code ignored;
        all.emplace_back(fs::last_write_time(entry->path(), ignored), entry->path());
    }
    std::sort(all.begin(), all.end());
    for (std::size_t i = 0; i + kKept < all.size(); ++i) {
        fs::remove_all(all[i].second, code);
    }
}

// Where the pieces of a clip begin, and which of them are kept apart for validation.
struct Pieces {
    std::int64_t count = 0; // frames of each
    std::vector<std::int64_t> firsts;
};

Pieces piecesOf(const media::VideoReader& clean, std::int64_t length, double share, double bytesPerPixel)
{
    const video::ClipHeader& header = clean.info().header;
    Pieces pieces;
    pieces.count = std::min(length, clean.frameCount());
    const double bytes = bytesPerPixel * header.width * header.height * static_cast<double>(pieces.count);
    const std::int64_t fit = std::max<std::int64_t>(1, static_cast<std::int64_t>(share / bytes));
    const std::int64_t count =
        std::clamp<std::int64_t>(clean.frameCount() / pieces.count, 1, std::min(fit, kMostSegments));
    const std::int64_t room = clean.frameCount() - pieces.count;
    for (std::int64_t i = 0; i < count; ++i) {
        pieces.firsts.push_back(count > 1 ? room * i / (count - 1) : room / 2);
    }
    return pieces;
}

void pack(const TeachingData& data, const jobs::FineTuneRequest& request, const fs::path& folder, double mostBytes,
    const train::CodecDamage& codec, const base::Control& control, const base::LogSink& log)
{
    const Damage damage = damageOf(request);
    const double share = mostBytes / static_cast<double>(data.clips.size());
    Pack taught, kept;
    for (std::size_t i = 0; i < data.clips.size(); ++i) {
        const TeachingClip& clip = data.clips[i];
        const auto clean = openClip(clip.clean, &control);
        const auto degraded = clip.degraded.empty() ? nullptr : openClip(clip.degraded, &control);
        const video::ClipHeader& header = clean->info().header;
        const auto mask = clip.mask.empty() ? nullptr
                                            : media::openMask(clip.mask, header.width, header.height,
                                                  clean->frameCount(), &control);
        const int scale = degraded ? checkedScale(clip, *clean, *degraded) : 1;
        const double coded = damage.isNeeded && !degraded ? 3.0 * kVariants / (damage.scale * damage.scale) : 0;
        const Pieces pieces = piecesOf(*clean, request.frames + 4, share, 3.0 + coded);
        const std::string name = base::pathText(clip.clean.filename());
        const auto count = pieces.firsts.size();
        for (std::size_t s = 0; s < count; ++s) {
            const bool isKept = data.clips.size() > 4 ? i % 5 == 4 : s + 1 == count && count > 2;
            const Piece piece{*clean, degraded.get(), mask.get(), scale, name, pieces.firsts[s], pieces.count,
                static_cast<std::uint64_t>(request.seed) * 1000 + i};
            (isKept ? kept : taught).add(piece, damage, codec, control);
        }
        log(base::LogLevel::kInfo,
            name + ": " + std::to_string(count) + " pieces of " + std::to_string(pieces.count) + " frames.");
    }
    if (!kept.entries.empty()) {
        kept.write(folder / kValidation);
    }
    taught.write(folder / kTraining);
}

} // namespace

PackedData packTeachingData(const TeachingData& data, const jobs::FineTuneRequest& request, const fs::path& folder,
    double mostBytes, const train::CodecDamage& codec, const base::Control& control, const base::LogSink& log)
{
    PackedData packed = packsIn(folder);
    if (packed.training.empty() && !data.clips.empty()) {
        const fs::path root = base::cacheFolder() / "teaching";
        const fs::path cache = root / fingerprintOf(data, request, mostBytes);
        if (packsIn(cache).training.empty()) {
            base::makeFolder(cache);
            pack(data, request, cache, mostBytes, codec, control, log);
            dropOldPacks(root);
        } else {
            log(base::LogLevel::kInfo, "The footage is there already, from an earlier training.");
        }
        hand(cache, folder);
        packed = packsIn(folder);
    }
    packed.training.insert(packed.training.begin(), data.packs.begin(), data.packs.end());
    return packed;
}

} // namespace reelmend::runner
