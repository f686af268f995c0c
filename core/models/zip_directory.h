#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace reelmend::models {

// Where the entries of a zip archive lie, for archives that store without compression, as torch.save writes them.
// Zip64 included. Specification: PKWARE APPNOTE 6.3.
struct ZipEntry {
    std::uint64_t begin = 0, end = 0; // of its bytes, from the file's start
};

bool looksLikeZip(std::string_view file);

// Reads the central directory at the end of `file` and each entry's local header. Compressed or encrypted entries,
// and any that reach outside the file, are errors. Checksums are not computed: that would read gigabytes. Throws
// base::Error(kInput) that names `label` and the reason.
std::map<std::string, ZipEntry> readZipDirectory(std::string_view file, std::string_view label);

} // namespace reelmend::models
