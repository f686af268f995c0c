#include "core/runner/finetune_data.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <system_error>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/video_reader.h"
#include "core/models/safetensors.h"
#include "core/video/convert.h"

namespace reelmend::runner {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const fs::path& path, const std::string& why, const std::string& hint)
{
    throw base::Error(
        base::ErrorKind::kInput, "\"" + base::pathText(path) + "\" cannot be used to teach.", why, hint);
}

// Files and folders inside, by name, so that the order does not depend on the disk.
std::vector<fs::path> entriesOf(const fs::path& folder)
{
    std::vector<fs::path> entries;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        entries.push_back(entry->path());
    }
    std::sort(entries.begin(), entries.end());
    return entries;
}

std::string lowerExtension(const fs::path& path)
{
    std::string text = base::pathText(path.extension());
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

bool isPicture(const fs::path& path)
{
    static const std::vector<std::string> kKinds{".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".webp", ".bmp"};
    return std::find(kKinds.begin(), kKinds.end(), lowerExtension(path)) != kKinds.end();
}

bool isClip(const fs::path& path)
{
    static const std::vector<std::string> kKinds{".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mxf", ".wmv",
        ".mpg", ".mpeg", ".ts", ".m2ts", ".ogv", ".y4m", ".flv", ".3gp", ".gif"};
    return std::find(kKinds.begin(), kKinds.end(), lowerExtension(path)) != kKinds.end();
}

// The clips of a folder: files, folders of numbered pictures, or the pictures of the folder itself.
std::vector<fs::path> clipsOf(const fs::path& folder)
{
    std::vector<fs::path> clips;
    bool hasPictures = false;
    for (const fs::path& entry : entriesOf(folder)) {
        std::error_code code;
        if (fs::is_directory(entry, code)) {
            const std::vector<fs::path> inside = clipsOf(entry);
            clips.insert(clips.end(), inside.begin(), inside.end());
        } else if (isClip(entry)) {
            clips.push_back(entry);
        }
        hasPictures = hasPictures || isPicture(entry);
    }
    if (clips.empty() && hasPictures) {
        clips.push_back(folder);
    }
    return clips;
}

void addPairs(const fs::path& folder, std::vector<TeachingClip>& clips)
{
    std::map<std::string, fs::path> degraded;
    for (const fs::path& clip : clipsOf(folder / "degraded")) {
        degraded[base::pathText(clip.stem())] = clip;
    }
    for (const fs::path& clip : clipsOf(folder / "clean")) {
        const auto found = degraded.find(base::pathText(clip.stem()));
        if (found == degraded.end()) {
            refuse(clip, "The folder \"degraded\" beside it has no clip of that name.",
                "Give every clean clip its degraded one, under the same name.");
        }
        clips.push_back({clip, found->second});
    }
}

media::ReaderOptions readerOptions(const base::Control* control)
{
    media::ReaderOptions options;
    options.control = control;
    return options;
}

std::string sizeText(const video::ClipHeader& header)
{
    return std::to_string(header.width) + "x" + std::to_string(header.height);
}

// How many times smaller the degraded clip is: 1, 2 or 4.
int checkedScale(const TeachingClip& clip, const media::VideoReader& clean, const media::VideoReader& degraded)
{
    if (clean.frameCount() != degraded.frameCount()) {
        refuse(clip.degraded,
            "It has " + std::to_string(degraded.frameCount()) + " frames, and the clean clip \"" +
                base::pathText(clip.clean) + "\" has " + std::to_string(clean.frameCount()) + ".",
            "Cut both to the same frames.");
    }
    const video::ClipHeader& a = clean.info().header;
    const video::ClipHeader& b = degraded.info().header;
    for (const int scale : {1, 2, 4}) {
        if (a.width == b.width * scale && a.height == b.height * scale) {
            return scale;
        }
    }
    refuse(clip.degraded,
        "It is " + sizeText(b) + ", and the clean clip \"" + base::pathText(clip.clean) + "\" is " + sizeText(a) +
            ".",
        "It must be of the same size, or smaller by exactly 2 or 4.");
}

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

struct Pack {
    models::NamedTensors tensors;
    nlohmann::json entries = nlohmann::json::array();

    void add(media::VideoReader& clean, media::VideoReader* degraded, int scale, const std::string& name,
        std::int64_t first, std::int64_t count, const base::Control& control)
    {
        const video::ClipHeader& header = clean.info().header;
        const std::int64_t height = header.height / 8 * 8, width = header.width / 8 * 8;
        const std::string key = "s" + std::to_string(entries.size());
        tensors.emplace_back(key + ".clean", framesOf(clean, first, count, height, width, control));
        nlohmann::json entry{{"key", key}, {"name", name}, {"frames", count}, {"height", height}, {"width", width},
            {"mask", false}, {"variants", nlohmann::json::array()}};
        if (degraded) {
            tensors.emplace_back(
                key + ".given", framesOf(*degraded, first, count, height / scale, width / scale, control));
            entry["variants"].push_back({{"key", key + ".given"}, {"kind", scale == 1 ? "restore" : "upscale"},
                {"scale", scale}, {"sigma", 0}, {"crf", 0}});
        }
        entries.push_back(std::move(entry));
    }

    void write(const fs::path& path) const
    {
        models::writeSafetensors(path, tensors, {{"format", "reelmend-pack-1"}, {"segments", entries.dump()}});
    }
};

} // namespace

TeachingData findTeachingData(
    const std::vector<std::string>& paths, std::int64_t frames, const base::Control* control)
{
    TeachingData data;
    for (const std::string& text : paths) {
        const fs::path path = base::pathFromText(text);
        std::error_code code;
        if (!fs::exists(path, code)) {
            refuse(path, "It does not exist.", "Check the path.");
        }
        if (lowerExtension(path) == ".safetensors") {
            data.packs.push_back(path);
        } else if (!fs::is_directory(path, code)) {
            data.clips.push_back({path, {}});
        } else if (fs::is_directory(path / "clean", code) && fs::is_directory(path / "degraded", code)) {
            addPairs(path, data.clips);
        } else {
            for (const fs::path& clip : clipsOf(path)) {
                data.clips.push_back({clip, {}});
            }
        }
    }
    if (data.clips.empty() && data.packs.empty()) {
        refuse(base::pathFromText(paths.front()), "There is no clip in it.",
            "Choose clips, folders of clips or of numbered pictures, or a pack.");
    }
    for (const TeachingClip& clip : data.clips) {
        const auto clean = media::VideoReader::open(clip.clean, readerOptions(control));
        if (clean->frameCount() < frames) {
            refuse(clip.clean,
                "It has " + std::to_string(clean->frameCount()) + " frames, and a training clip takes " +
                    std::to_string(frames) + ".",
                "Use longer clips, or fewer frames.");
        }
        if (!clip.degraded.empty()) {
            const auto degraded = media::VideoReader::open(clip.degraded, readerOptions(control));
            checkedScale(clip, *clean, *degraded);
        }
    }
    return data;
}

PackedData packTeachingData(const TeachingData& data, std::int64_t frames, std::int64_t crop, const fs::path& folder,
    double mostBytes, const base::Control& control, const base::LogSink& log)
{
    PackedData packed{data.packs, {}};
    if (data.clips.empty()) {
        return packed;
    }
    const fs::path training = folder / "teaching.safetensors", validation = folder / "validation.safetensors";
    std::error_code code;
    if (fs::exists(training, code)) { // whole, since files appear whole
        packed.training.push_back(training);
        if (fs::exists(validation, code)) {
            packed.validation.push_back(validation);
        }
        return packed;
    }
    const std::int64_t length = frames + 4;
    const double share = mostBytes / static_cast<double>(data.clips.size());
    Pack taught, kept;
    for (std::size_t i = 0; i < data.clips.size(); ++i) {
        const TeachingClip& clip = data.clips[i];
        const auto clean = media::VideoReader::open(clip.clean, readerOptions(&control));
        const auto degraded =
            clip.degraded.empty() ? nullptr : media::VideoReader::open(clip.degraded, readerOptions(&control));
        const int scale = degraded ? checkedScale(clip, *clean, *degraded) : 1;
        const video::ClipHeader& header = clean->info().header;
        if (std::min(header.width, header.height) < crop) {
            refuse(clip.clean, "It is " + sizeText(header) + ", smaller than a crop of " + std::to_string(crop) + ".",
                "Use larger clips, or a smaller size.");
        }
        const std::int64_t count = std::min(length, clean->frameCount());
        const double bytes = 3.0 * header.width * header.height * static_cast<double>(count);
        const std::int64_t fit = std::max<std::int64_t>(1, static_cast<std::int64_t>(share / bytes));
        const std::int64_t segments =
            std::clamp<std::int64_t>(clean->frameCount() / count, 1, std::min<std::int64_t>(fit, 40));
        const std::string name = base::pathText(clip.clean.filename());
        for (std::int64_t s = 0; s < segments; ++s) {
            const std::int64_t room = clean->frameCount() - count;
            const std::int64_t first = segments > 1 ? room * s / (segments - 1) : room / 2;
            const bool isKept = data.clips.size() > 4 ? i % 5 == 4 : s + 1 == segments && segments > 2;
            (isKept ? kept : taught).add(*clean, degraded.get(), scale, name, first, count, control);
        }
        log(base::LogLevel::kInfo,
            name + ": " + std::to_string(segments) + " pieces of " + std::to_string(count) + " frames.");
    }
    if (!kept.entries.empty()) {
        kept.write(validation);
        packed.validation.push_back(validation);
    }
    taught.write(training); // last: it says that both are there
    packed.training.push_back(training);
    return packed;
}

} // namespace reelmend::runner
