#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

// Files that are there whole or not at all. Paths are UTF-8 on every system this builds on.
namespace reelmend::base {

// Whole file as bytes. Throws Error(kInput); `maximumBytes` guards against being handed the wrong file.
std::string readFile(const std::filesystem::path& path, std::uintmax_t maximumBytes = 64u << 20);

// Writes beside the target, syncs, renames: readers see the old text or the new, also after a crash. Throws
// Error(kOutput or kDiskFull); then the old file is untouched and nothing is left behind.
void writeFileAtomically(const std::filesystem::path& path, std::string_view bytes);

// A file being made under "name.part.ext"-like temporary name in the target's folder (the extension stays last, since
// muxers look at it). commit() syncs and renames it over the target; without commit() the destructor removes it.
class PartFile {
public:
    explicit PartFile(std::filesystem::path target);
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    const std::filesystem::path& path() const { return part_; }
    const std::filesystem::path& target() const { return target_; }
    void commit(); // throws Error(kOutput or kDiskFull)

private:
    std::filesystem::path target_, part_;
    bool done_ = false;
};

// Gives the file a second name, whole or not at all and in the place of whatever has that name; a copy where the disk
// has no such links. Throws Error(kOutput or kDiskFull).
void linkOrCopy(const std::filesystem::path& from, const std::filesystem::path& to);

// Flushes a file's, or a folder's, contents to the disk. Throws Error(kOutput or kDiskFull).
void syncToDisk(const std::filesystem::path& path);

// Creates the folder and its parents. Throws Error(kOutput) that names the part that is in the way.
void makeFolder(const std::filesystem::path& path);

// Bytes that this process may still write on the disk that holds `path` (or its nearest existing parent).
std::uintmax_t freeDiskBytes(const std::filesystem::path& path);

// True when both name the same existing file, links and spellings resolved.
bool isSameFile(const std::filesystem::path& a, const std::filesystem::path& b);

// UTF-8 text of a path, for messages and JSON; and back. Never throws.
std::string pathText(const std::filesystem::path& path);
std::filesystem::path pathFromText(std::string_view utf8);

// Folders of this user, made when absent. Each can be set by an environment variable, so that tests and render farms
// keep theirs apart: REELMEND_DATA_DIR (jobs, results), REELMEND_CACHE_DIR (indexes, thumbnails).
std::filesystem::path dataFolder();
std::filesystem::path cacheFolder();

} // namespace reelmend::base
