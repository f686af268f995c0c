#include "core/base/files.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "core/base/error.h"

namespace reelmend::base {

namespace fs = std::filesystem;

namespace {

class Descriptor {
public:
    Descriptor(const fs::path& path, int flags, mode_t mode = 0644)
        : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode))
    {}
    ~Descriptor()
    {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    bool isOpen() const { return fd_ >= 0; }
    int get() const { return fd_; }
    int close() { return ::close(std::exchange(fd_, -1)); }

private:
    int fd_;
};

std::string quoted(const fs::path& path)
{
    return "\"" + pathText(path) + "\"";
}

fs::path userFolder(const char* ownVariable, const char* xdgVariable, const char* belowHome)
{
    fs::path folder;
    if (const char* own = std::getenv(ownVariable); own && *own) {
        folder = own;
    } else if (const char* xdg = std::getenv(xdgVariable); xdg && *xdg) {
        folder = fs::path(xdg) / "reelmend";
    } else if (const char* home = std::getenv("HOME"); home && *home) {
        folder = fs::path(home) / belowHome / "reelmend";
    } else {
        folder = fs::temp_directory_path() / "reelmend";
    }
    makeFolder(folder);
    return folder;
}

} // namespace

std::string readFile(const fs::path& path, std::uintmax_t maximumBytes)
{
    const std::string what = "The file " + quoted(path) + " cannot be read.";
    const Descriptor file(path, O_RDONLY);
    if (!file.isOpen()) {
        throw systemError(ErrorKind::kInput, what, errno);
    }
    std::string bytes;
    char block[1 << 16];
    for (;;) {
        const ssize_t got = ::read(file.get(), block, sizeof block);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            throw systemError(ErrorKind::kInput, what, errno);
        }
        if (got == 0) {
            return bytes;
        }
        bytes.append(block, static_cast<std::size_t>(got));
        if (bytes.size() > maximumBytes) {
            throw Error(ErrorKind::kInput, what, "It is larger than any file of this kind can be.",
                "Check that this is the file you meant.");
        }
    }
}

void writeFileAtomically(const fs::path& path, std::string_view bytes)
{
    PartFile part(path);
    const std::string what = "The file " + quoted(path) + " cannot be written.";
    {
        Descriptor file(part.path(), O_WRONLY | O_CREAT | O_TRUNC);
        if (!file.isOpen()) {
            throw systemError(ErrorKind::kOutput, what, errno);
        }
        while (!bytes.empty()) {
            const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
            if (written < 0) {
                if (errno == EINTR) {
                    continue;
                }
                throw systemError(ErrorKind::kOutput, what, errno);
            }
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
        if (file.close() != 0) {
            throw systemError(ErrorKind::kOutput, what, errno);
        }
    }
    part.commit();
}

PartFile::PartFile(fs::path target)
    : target_(std::move(target))
{
    fs::path name = target_.stem();
    // The process number keeps two writers of one target apart.
    name += ".part" + std::to_string(::getpid());
    name += target_.extension();
    part_ = target_.parent_path() / name;
}

PartFile::~PartFile()
{
    if (!done_) {
        std::error_code ignored;
        fs::remove(part_, ignored);
    }
}

void PartFile::commit()
{
    syncToDisk(part_);
    if (::rename(part_.c_str(), target_.c_str()) != 0) {
        throw systemError(ErrorKind::kOutput, "The file " + quoted(target_) + " cannot be written.", errno);
    }
    done_ = true;
    const fs::path folder = target_.parent_path();
    const Descriptor directory(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY);
    if (directory.isOpen()) {
        // The rename is done; a file system that cannot sync folders (EINVAL) has nothing left to flush for us.
        ::fsync(directory.get());
    }
}

void linkOrCopy(const fs::path& from, const fs::path& to)
{
    PartFile part(to);
    std::error_code code;
    fs::remove(part.path(), code);
    fs::create_hard_link(from, part.path(), code);
    if (code) {
        fs::copy_file(from, part.path(), fs::copy_options::overwrite_existing, code);
    }
    if (code) {
        throw systemError(ErrorKind::kOutput, "\"" + pathText(to) + "\" cannot be written.", code.value(),
            "Choose a folder on another disk.");
    }
    part.commit();
    // Where both are one file already, renaming does nothing and leaves the third name.
    fs::remove(part.path(), code);
}

void syncToDisk(const fs::path& path)
{
    const std::string what = "The file " + quoted(path) + " cannot be written to the disk.";
    Descriptor file(path, O_RDONLY);
    if (!file.isOpen()) {
        throw systemError(ErrorKind::kOutput, what, errno);
    }
    if (::fsync(file.get()) != 0 && errno != EINVAL) {
        throw systemError(ErrorKind::kOutput, what, errno);
    }
}

void makeFolder(const fs::path& path)
{
    std::error_code code;
    fs::create_directories(path, code);
    if (code) {
        throw systemError(ErrorKind::kOutput, "The folder " + quoted(path) + " cannot be made.", code.value());
    }
}

std::uintmax_t freeDiskBytes(const fs::path& path)
{
    fs::path probe = fs::absolute(path);
    std::error_code ignored;
    while (!fs::exists(probe, ignored) && probe.has_parent_path() && probe != probe.parent_path()) {
        probe = probe.parent_path();
    }
    struct statvfs info {};
    if (::statvfs(probe.c_str(), &info) != 0) {
        return 0;
    }
    return static_cast<std::uintmax_t>(info.f_bavail) * info.f_frsize;
}

bool isSameFile(const fs::path& a, const fs::path& b)
{
    std::error_code code;
    return fs::equivalent(a, b, code) && !code;
}

std::string pathText(const fs::path& path)
{
    const std::u8string text = path.u8string();
    return {text.begin(), text.end()};
}

fs::path pathFromText(std::string_view utf8)
{
    return fs::path(std::u8string(utf8.begin(), utf8.end()));
}

fs::path dataFolder()
{
    return userFolder("REELMEND_DATA_DIR", "XDG_DATA_HOME", ".local/share");
}

fs::path cacheFolder()
{
    return userFolder("REELMEND_CACHE_DIR", "XDG_CACHE_HOME", ".cache");
}

} // namespace reelmend::base
