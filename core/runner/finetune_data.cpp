#include "core/runner/finetune_data.h"

#include <algorithm>
#include <map>
#include <system_error>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/mask_reader.h"

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

// What is in `folder`/`part`, by the name that it shares with a clean clip: "a.mp4", or the folder "a" of pictures.
std::map<std::string, fs::path> partners(const fs::path& folder, const char* part)
{
    std::map<std::string, fs::path> clips;
    for (const fs::path& entry : entriesOf(folder / part)) {
        clips[base::pathText(entry.stem())] = entry;
    }
    return clips;
}

void addPairs(const fs::path& folder, std::vector<TeachingClip>& clips)
{
    std::error_code code;
    const bool isDegraded = fs::is_directory(folder / "degraded", code);
    const bool isMasked = fs::is_directory(folder / "masks", code);
    const auto degraded = partners(folder, "degraded"), masks = partners(folder, "masks");
    const auto partnerOf = [&](const fs::path& clip, const std::map<std::string, fs::path>& others,
                               const char* part) {
        const auto found = others.find(base::pathText(clip.stem()));
        if (found == others.end()) {
            refuse(clip, std::string("The folder \"") + part + "\" beside it has nothing of that name.",
                std::string("Give every clean clip its ") + part + " one, under the same name.");
        }
        return found->second;
    };
    for (const fs::path& clip : clipsOf(folder / "clean")) {
        TeachingClip pair{clip, {}, {}};
        if (isDegraded) {
            pair.degraded = partnerOf(clip, degraded, "degraded");
        }
        if (isMasked) {
            pair.mask = partnerOf(clip, masks, "masks");
        }
        clips.push_back(std::move(pair));
    }
}

std::string sizeText(const video::ClipHeader& header)
{
    return std::to_string(header.width) + "x" + std::to_string(header.height);
}

} // namespace

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

std::unique_ptr<media::VideoReader> openClip(const fs::path& path, const base::Control* control)
{
    media::ReaderOptions options;
    options.control = control;
    return media::VideoReader::open(path, options);
}

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

TeachingData findTeachingData(const jobs::FineTuneRequest& request, const base::Control* control)
{
    const std::int64_t frames = request.frames;
    TeachingData data;
    for (const std::string& text : request.data) {
        const fs::path path = base::pathFromText(text);
        std::error_code code;
        if (!fs::exists(path, code)) {
            refuse(path, "It does not exist.", "Check the path.");
        }
        if (lowerExtension(path) == ".safetensors") {
            data.packs.push_back(path);
        } else if (!fs::is_directory(path, code)) {
            data.clips.push_back({path, {}, {}});
        } else if (fs::is_directory(path / "clean", code) &&
                   (fs::is_directory(path / "degraded", code) || fs::is_directory(path / "masks", code))) {
            addPairs(path, data.clips);
        } else {
            for (const fs::path& clip : clipsOf(path)) {
                data.clips.push_back({clip, {}, {}});
            }
        }
    }
    if (data.clips.empty() && data.packs.empty()) {
        refuse(base::pathFromText(request.data.front()), "There is no clip in it.",
            "Choose clips, folders of clips or of numbered pictures, or a pack.");
    }
    for (const TeachingClip& clip : data.clips) {
        const auto clean = openClip(clip.clean, control);
        if (clean->frameCount() < frames) {
            refuse(clip.clean,
                "It has " + std::to_string(clean->frameCount()) + " frames, and a training clip takes " +
                    std::to_string(frames) + ".",
                "Use longer clips, or fewer frames.");
        }
        const video::ClipHeader& header = clean->info().header;
        if (std::min(header.width, header.height) < request.size) {
            refuse(clip.clean,
                "It is " + sizeText(header) + ", smaller than a crop of " + std::to_string(request.size) + ".",
                "Use larger clips, or a smaller size.");
        }
        if (!clip.degraded.empty()) {
            const auto degraded = openClip(clip.degraded, control);
            checkedScale(clip, *clean, *degraded);
        }
        if (!clip.mask.empty()) {
            media::openMask(clip.mask, header.width, header.height, clean->frameCount(), control);
        }
    }
    return data;
}

} // namespace reelmend::runner
