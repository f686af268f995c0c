#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/models/safetensors_header.h"

// Python's pickle language, as far as a file of tensors needs it, run without Python: nothing can come out but
// numbers, texts, containers and descriptions of tensors, and nothing is ever imported or called. Any other global is
// an error that names it. Opcodes: CPython's Lib/pickletools.py; what torch.save writes: reference/models.md 8.3.
namespace reelmend::models {

// A storage as a persistent id names it: ("storage", type, key, location, elements).
struct PickledStorage {
    StoredType type = StoredType::kF32;
    std::string_view key;
    std::int64_t elements = 0;
};

// A view into a storage, sizes and strides in elements.
struct PickledTensor {
    std::size_t storage = 0; // index into Pickled::storages
    std::int64_t offset = 0;
    std::vector<std::int64_t> shape, strides;
};

// One value; containers hold indices into Pickled::values, so that a list may contain itself without harm.
struct PickledValue {
    enum class Kind { kNone, kBool, kInteger, kReal, kText, kTuple, kList, kDict, kGlobal, kStorage, kTensor, kMark };
    Kind kind = Kind::kNone;
    std::int64_t whole = 0;           // of kBool, kInteger; index into storages, tensors or the table of globals
    std::string_view text;            // of kText; lies in the bytes that were read
    std::vector<std::uint32_t> items; // of containers; a dict's keys and values in turn
};

struct Pickled {
    std::vector<PickledValue> values;
    std::vector<PickledStorage> storages;
    std::vector<PickledTensor> tensors;
    std::uint32_t root = 0;   // index of the result
    std::size_t consumed = 0; // bytes up to and with the end mark
};

// Runs the program at the start of `bytes`, which must outlive the result. Memory stays within a small multiple of
// its size. Throws base::Error(kInput) that names `label` and the reason.
Pickled readPickle(std::string_view bytes, std::string_view label);

} // namespace reelmend::models
