#pragma once
#include <filesystem>
#include <vector>

#include "core/media/sequence.h"

namespace reelmend::media {

// Numbered pictures being made: in a hidden folder beside the target until commit() moves them to their names;
// without it nothing is left. Internal. Throws Error(kUsage, kOutput or kDiskFull).
class PictureFolder {
public:
    PictureFolder(std::filesystem::path target, std::int64_t firstNumber);
    ~PictureFolder();
    PictureFolder(const PictureFolder&) = delete;
    PictureFolder& operator=(const PictureFolder&) = delete;

    void add(const AVPacket& picture);
    void link(const std::filesystem::path& file); // hard link, or a copy where that cannot be
    void commit();

private:
    std::filesystem::path nextName();

    Sequence names_;
    std::filesystem::path target_, hidden_;
    std::vector<std::filesystem::path> made_;
    std::int64_t number_;
};

} // namespace reelmend::media
