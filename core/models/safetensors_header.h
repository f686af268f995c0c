#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// The parts of the safetensors format that can be read without a tensor library: its header and the index of sharded
// checkpoints. Nothing in a file is believed before it was checked. No LibTorch here: the fuzz targets link only
// this. Specification: github.com/huggingface/safetensors, "Format"; reference/models.md section 8.1.
namespace reelmend::models {

enum class StoredType {
    kBool,
    kU8,
    kI8,
    kI16,
    kU16,
    kF16,
    kBF16,
    kI32,
    kU32,
    kF32,
    kI64,
    kU64,
    kF64,
    kC64,
    kF8E4M3,
    kF8E5M2,
    kF8E8M0,
    kF8E4M3Fnuz,
    kF8E5M2Fnuz,
    kF4,
    kF6E2M3,
    kF6E3M2,
};
int bitsOf(StoredType type);
std::string_view typeName(StoredType type); // as the file spells it: "F32", "BF16", …

struct StoredTensor {
    std::string name;
    StoredType type = StoredType::kF32;
    std::vector<std::int64_t> shape;  // row-major; empty = a single number
    std::uint64_t begin = 0, end = 0; // bytes, relative to the data section
    // In elements, dense in some order of axes; empty = row-major, which safetensors always is (.pth may differ).
    std::vector<std::int64_t> strides;

    std::uint64_t bytes() const { return end - begin; }
    std::int64_t elements() const;
};

struct SafetensorsHeader {
    std::vector<StoredTensor> tensors; // in file order
    std::map<std::string, std::string> metadata;
    std::uint64_t dataOffset = 0; // from the file's start
};

inline constexpr std::uint64_t kMaximumHeaderBytes = 100'000'000; // the reference reader's limit
inline constexpr std::size_t kMaximumTensors = 500'000;

// `file` is the start of a file that is `fileBytes` long; it must hold at least the length field and, where the file
// does, the whole header. `label` names the file in messages. Checks length, JSON, duplicate names and fields, types,
// shapes (products that overflow), byte counts, and that the data is covered without hole or overlap. Throws
// base::Error(kInput) that names file, tensor and reason; memory stays within a small multiple of the header's bytes.
SafetensorsHeader parseSafetensorsHeader(std::string_view file, std::uint64_t fileBytes, std::string_view label);
// Bytes of `file` that parseSafetensorsHeader needs, read from the first eight. Throws as above.
std::uint64_t safetensorsHeaderEnd(std::string_view firstEight, std::uint64_t fileBytes, std::string_view label);

struct ShardIndex {
    std::map<std::string, std::string> files; // tensor name -> file name beside the index
    std::uint64_t totalBytes = 0;             // 0 = not told
};

// The text of a *.safetensors.index.json. File names with folders in them are refused. Throws base::Error(kInput).
ShardIndex parseShardIndex(std::string_view json, std::string_view label);

} // namespace reelmend::models
