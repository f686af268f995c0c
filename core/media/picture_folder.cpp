#include "core/media/picture_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "core/base/files.h"

namespace reelmend::media {

namespace fs = std::filesystem;

namespace {

std::string cannotWrite(const fs::path& target)
{
    return quoted(target) + " cannot be written.";
}

} // namespace

PictureFolder::PictureFolder(fs::path target, std::int64_t firstNumber)
    : target_(std::move(target))
    , number_(firstNumber)
{
    std::optional<Sequence> names = parsePattern(target_);
    if (!names) {
        throw base::Error(base::ErrorKind::kUsage, cannotWrite(target_),
            "A sequence needs a place for the number in its name.",
            "Use a name such as \"" + base::pathText(target_.stem()) + ".%04d" + base::pathText(target_.extension()) +
                "\".");
    }
    names_ = *std::move(names);
    const fs::path folder = names_.folder.empty() ? fs::path(".") : names_.folder;
    std::error_code code;
    if (!fs::is_directory(folder, code)) {
        throw base::systemError(base::ErrorKind::kOutput, cannotWrite(target_), code ? code.value() : ENOENT);
    }
    hidden_ = folder / base::pathFromText("." + names_.prefix + "part" + std::to_string(::getpid()));
    fs::create_directory(hidden_, code);
    if (code) {
        throw base::systemError(base::ErrorKind::kOutput, cannotWrite(target_), code.value());
    }
}

PictureFolder::~PictureFolder()
{
    std::error_code ignored;
    fs::remove_all(hidden_, ignored);
}

fs::path PictureFolder::nextName()
{
    made_.push_back(names_.numberedPath(number_++).filename());
    return hidden_ / made_.back();
}

void PictureFolder::add(const AVPacket& picture)
{
    AVIOContext* file = nullptr;
    int code = avio_open2(&file, fileUrl(nextName()).c_str(), AVIO_FLAG_WRITE, nullptr, nullptr);
    if (code >= 0) {
        avio_write(file, picture.data, picture.size);
        avio_flush(file);
        code = file->error;
        const int closed = avio_closep(&file);
        code = code < 0 ? code : closed;
    }
    if (code < 0) {
        throw ffmpegError(base::ErrorKind::kOutput, cannotWrite(target_), code);
    }
}

void PictureFolder::link(const fs::path& file)
{
    const fs::path name = nextName();
    std::error_code code;
    fs::create_hard_link(file, name, code);
    if (code) {
        fs::copy_file(file, name, fs::copy_options::overwrite_existing, code);
    }
    if (code) {
        throw base::systemError(base::ErrorKind::kOutput, cannotWrite(target_), code.value());
    }
}

void PictureFolder::commit()
{
    if (const int folder = ::open(hidden_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); folder >= 0) {
        ::syncfs(folder); // once for all, rather than once for each of thousands
        ::close(folder);
    }
    for (const fs::path& name : made_) {
        std::error_code code;
        fs::rename(hidden_ / name, hidden_.parent_path() / name, code);
        if (code) {
            throw base::systemError(base::ErrorKind::kOutput, cannotWrite(target_), code.value());
        }
    }
    made_.clear();
}

} // namespace reelmend::media
