#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/models/safetensors_header.h"

namespace reelmend::models {

struct ReadOptions {
    at::TensorOptions options;                              // device and dtype; without a dtype the stored one
    at::MemoryFormat layout = at::MemoryFormat::Contiguous; // applied to 4-D and 5-D tensors where it fits them
    bool refuseNonFinite = false;                           // NaN and infinity are errors
};

// One safetensors file, one that torch.save wrote (pth_header.h), or a list of tensors (tensor_list.h), mapped into
// memory; only the header is read when it is opened. Tensors are copied out piece by piece, and pages that were read
// are given back, so that reading a file costs its tensors' size and a few MB. Const functions may be called from
// several threads.
class SafetensorsFile {
public:
    // Throws base::Error(kInput).
    explicit SafetensorsFile(const std::filesystem::path& path);
    ~SafetensorsFile();
    SafetensorsFile(SafetensorsFile&&) noexcept;
    SafetensorsFile& operator=(SafetensorsFile&&) noexcept;

    const std::filesystem::path& path() const;
    const SafetensorsHeader& header() const;
    bool isList() const; // names and shapes alone (tensor_list.h): reading is an error
    const StoredTensor* find(const std::string& name) const; // null when there is none

    // Throws base::Error(kInput) that names file, tensor and reason.
    at::Tensor read(const StoredTensor& tensor, const ReadOptions& how) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// Whole or not at all (temporary name, sync, rename). Tensors may live on any device and in any layout; they are
// written one after another, row-major, sorted as the reference writer does (by element size, then name). Throws
// base::Error(kUsage) for a name that stands twice or a dtype the format lacks, kOutput or kDiskFull for the disk.
void writeSafetensors(const std::filesystem::path& path, const NamedTensors& tensors,
    const std::map<std::string, std::string>& metadata = {});

// The named tensors of a checkpoint: one file, or the shards of an index.
class WeightStore {
public:
    // `path`: a .safetensors file, one of torch.save, a .tensors.json list, a .safetensors.index.json, or a folder
    // that holds one of either (diffusers' names first). Every shard is opened and the index checked against them.
    // Throws base::Error(kInput).
    static WeightStore open(const std::filesystem::path& path);

    struct Place {
        const SafetensorsFile* file = nullptr;
        const StoredTensor* tensor = nullptr;
    };
    const Place* find(const std::string& name) const;
    const std::map<std::string, Place>& places() const { return places_; }
    std::uint64_t bytes() const;
    bool isList() const { return files_.size() == 1 && files_[0].isList(); }
    std::string label() const { return label_; } // for messages: the file or index
    const std::filesystem::path& folder() const { return folder_; }
    const std::vector<SafetensorsFile>& files() const { return files_; }

    // Throws base::Error(kInput), also for a name that is not there.
    at::Tensor read(const std::string& name, const ReadOptions& how) const;

private:
    std::vector<SafetensorsFile> files_;
    std::map<std::string, Place> places_;
    std::string label_;
    std::filesystem::path folder_;
};

std::optional<at::ScalarType> scalarTypeOf(StoredType type); // none: LibTorch has no such type
std::optional<StoredType> storedTypeOf(at::ScalarType type);

} // namespace reelmend::models
