#include "core/models/safetensors_header.h"

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/error.h"
#include "core/models/strict_json.h"

namespace reelmend::models {

namespace {

struct TypeRow {
    StoredType type;
    std::string_view name;
    int bits;
};
constexpr std::array kTypes = {
    TypeRow{StoredType::kBool, "BOOL", 8},
    TypeRow{StoredType::kU8, "U8", 8},
    TypeRow{StoredType::kI8, "I8", 8},
    TypeRow{StoredType::kI16, "I16", 16},
    TypeRow{StoredType::kU16, "U16", 16},
    TypeRow{StoredType::kF16, "F16", 16},
    TypeRow{StoredType::kBF16, "BF16", 16},
    TypeRow{StoredType::kI32, "I32", 32},
    TypeRow{StoredType::kU32, "U32", 32},
    TypeRow{StoredType::kF32, "F32", 32},
    TypeRow{StoredType::kI64, "I64", 64},
    TypeRow{StoredType::kU64, "U64", 64},
    TypeRow{StoredType::kF64, "F64", 64},
    TypeRow{StoredType::kC64, "C64", 64},
    TypeRow{StoredType::kF8E4M3, "F8_E4M3", 8},
    TypeRow{StoredType::kF8E5M2, "F8_E5M2", 8},
    TypeRow{StoredType::kF8E8M0, "F8_E8M0", 8},
    TypeRow{StoredType::kF8E4M3Fnuz, "F8_E4M3FNUZ", 8},
    TypeRow{StoredType::kF8E5M2Fnuz, "F8_E5M2FNUZ", 8},
    TypeRow{StoredType::kF4, "F4", 4},
    TypeRow{StoredType::kF6E2M3, "F6_E2M3", 6},
    TypeRow{StoredType::kF6E3M2, "F6_E3M2", 6},
};
constexpr std::size_t kMaximumDimensions = 32;

[[noreturn]] void fail(std::string_view label, const std::string& why)
{
    throw base::Error(base::ErrorKind::kInput, "\"" + std::string(label) + "\" cannot be read as a model file.",
        why + ".", "Download or export the file again; it is damaged or of another kind.");
}

std::string quoted(std::string_view name)
{
    // Names come from the file: a message shows what fits, and no control characters.
    std::string text = "\"";
    for (const char c : name.substr(0, 120)) {
        text += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
    return text + (name.size() > 120 ? "…\"" : "\"");
}

std::uint64_t littleEndian(std::string_view eight)
{
    std::uint64_t value = 0;
    for (int i = 7; i >= 0; --i) {
        value = value << 8 | static_cast<unsigned char>(eight[static_cast<std::size_t>(i)]);
    }
    return value;
}

// Collects the entries while the JSON text is read; what is said of one entry is checked when it closes.
class HeaderReader {
public:
    std::string operator()(JsonPath path, const JsonValue& value)
    {
        using Kind = JsonValue::Kind;
        if (path.depth == 0) {
            return value.kind == Kind::kBeginObject || value.kind == Kind::kEndObject ? ""
                                                                                      : "it is not a JSON object";
        }
        const std::string& name = path.keys[0];
        if (name == "__metadata__") {
            if (path.depth == 1) {
                const bool object = value.kind == Kind::kBeginObject || value.kind == Kind::kEndObject;
                return object ? "" : "its __metadata__ is not an object";
            }
            if (path.depth != 2 || value.kind != Kind::kText) {
                return "its __metadata__ holds something that is not text";
            }
            header.metadata[path.keys[1]] = std::string(value.text);
            return {};
        }
        if (path.depth == 1) {
            return entry(name, value);
        }
        const std::string reason = field(path, value);
        return reason.empty() ? reason : "tensor " + quoted(name) + ": " + reason;
    }

    SafetensorsHeader header;

private:
    std::string entry(const std::string& name, const JsonValue& value)
    {
        if (value.kind == JsonValue::Kind::kBeginObject) {
            if (header.tensors.size() >= kMaximumTensors) {
                return "it lists more than " + std::to_string(kMaximumTensors) + " tensors";
            }
            header.tensors.emplace_back().name = name;
            hasType_ = hasShape_ = false;
            offsets_ = 0;
            return {};
        }
        if (value.kind != JsonValue::Kind::kEndObject) {
            return "tensor " + quoted(name) + " is not described by an object";
        }
        if (!hasType_ || !hasShape_ || offsets_ != 2) {
            return "tensor " + quoted(name) + " lacks " +
                   (!hasType_       ? "its dtype"
                       : !hasShape_ ? "its shape"
                                    : "its two data_offsets");
        }
        return {};
    }

    std::string field(JsonPath path, const JsonValue& value)
    {
        using Kind = JsonValue::Kind;
        StoredTensor& tensor = header.tensors.back();
        const std::string& key = path.keys[1];
        if (key == "dtype") {
            const auto* row = std::find_if(kTypes.begin(), kTypes.end(),
                [&](const TypeRow& r) { return value.kind == Kind::kText && r.name == value.text; });
            if (row == kTypes.end()) {
                return "its dtype " + quoted(value.text) + " is not known";
            }
            tensor.type = row->type;
            hasType_ = true;
            return {};
        }
        const bool shape = key == "shape";
        if (!shape && key != "data_offsets") {
            return {}; // fields of later versions
        }
        if (path.depth == 2) {
            hasShape_ = hasShape_ || shape;
            return value.kind == Kind::kBeginArray || value.kind == Kind::kEndArray ? ""
                                                                                    : "its " + key + " is no list";
        }
        if (value.kind != Kind::kUnsigned) {
            return "its " + key + " holds something that is not a whole number";
        }
        if (shape) {
            if (value.whole > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
                return "its shape is too large";
            }
            if (tensor.shape.size() >= kMaximumDimensions) {
                return "its shape has more than " + std::to_string(kMaximumDimensions) + " dimensions";
            }
            tensor.shape.push_back(static_cast<std::int64_t>(value.whole));
            return {};
        }
        if (offsets_ >= 2) {
            return "it has more than two data_offsets";
        }
        (offsets_++ == 0 ? tensor.begin : tensor.end) = value.whole;
        return {};
    }

    bool hasType_ = false, hasShape_ = false;
    int offsets_ = 0;
};

// "" or what is wrong with the bytes that a tensor claims.
std::string checkBytes(const StoredTensor& tensor, std::uint64_t dataBytes)
{
    if (tensor.begin > tensor.end) {
        return "its data ends before it begins";
    }
    if (tensor.end > dataBytes) {
        return "its data runs past the end of the file (to byte " + std::to_string(tensor.end) + " of " +
               std::to_string(dataBytes) + ")";
    }
    const bool empty = std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end();
    std::uint64_t bits = empty ? 0 : static_cast<std::uint64_t>(bitsOf(tensor.type));
    for (const std::int64_t size : tensor.shape) {
        if (bits != 0 && __builtin_mul_overflow(bits, static_cast<std::uint64_t>(size), &bits)) {
            return "its shape has more elements than can be counted";
        }
    }
    if (bits % 8 != 0) {
        return "its elements do not fill whole bytes";
    }
    if (bits / 8 != tensor.bytes()) {
        return "its shape and dtype need " + std::to_string(bits / 8) + " bytes, the file has " +
               std::to_string(tensor.bytes());
    }
    return {};
}

void checkCoverage(SafetensorsHeader& header, std::uint64_t dataBytes, std::string_view label)
{
    std::stable_sort(header.tensors.begin(), header.tensors.end(), [](const StoredTensor& a, const StoredTensor& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    });
    std::uint64_t covered = 0;
    for (const auto& tensor : header.tensors) {
        if (const auto reason = checkBytes(tensor, dataBytes); !reason.empty()) {
            fail(label, "Tensor " + quoted(tensor.name) + ": " + reason);
        }
        if (tensor.begin != covered) {
            fail(label, "Tensor " + quoted(tensor.name) + ": its data " +
                            (tensor.begin < covered ? "overlaps another tensor's" : "leaves a hole before it"));
        }
        covered = tensor.end;
    }
    if (covered != dataBytes) {
        fail(label, std::to_string(dataBytes - covered) + " bytes at its end belong to no tensor");
    }
}

} // namespace

int bitsOf(StoredType type)
{
    return std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& r) { return r.type == type; })->bits;
}

std::string_view typeName(StoredType type)
{
    return std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& r) { return r.type == type; })->name;
}

std::int64_t StoredTensor::elements() const
{
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        count *= size;
    }
    return count;
}

std::uint64_t safetensorsHeaderEnd(std::string_view firstEight, std::uint64_t fileBytes, std::string_view label)
{
    if (firstEight.size() < 8 || fileBytes < 8) {
        fail(label, "It is only " + std::to_string(fileBytes) + " bytes long");
    }
    const std::uint64_t length = littleEndian(firstEight.substr(0, 8));
    if (length > kMaximumHeaderBytes || length > fileBytes - 8) {
        fail(label, "It begins with a header length of " + std::to_string(length) + " bytes" +
                        (length > fileBytes - 8 ? ", more than the file has" : ", more than the format allows"));
    }
    return 8 + length;
}

SafetensorsHeader parseSafetensorsHeader(std::string_view file, std::uint64_t fileBytes, std::string_view label)
{
    const std::uint64_t end = safetensorsHeaderEnd(file, fileBytes, label);
    if (file.size() < end) {
        fail(label, "Its header is cut off");
    }
    const std::string_view text = file.substr(8, end - 8);
    if (text.empty() || text.front() != '{') {
        fail(label, "Its header does not begin with \"{\"");
    }
    HeaderReader reader;
    const std::string reason = visitJson(text, 3, std::ref(reader));
    if (!reason.empty()) {
        fail(label, "Its header is wrong: " + reason);
    }
    reader.header.dataOffset = end;
    checkCoverage(reader.header, fileBytes - end, label);
    return std::move(reader.header);
}

ShardIndex parseShardIndex(std::string_view json, std::string_view label)
{
    ShardIndex index;
    const auto visit = [&](JsonPath path, const JsonValue& value) -> std::string {
        using Kind = JsonValue::Kind;
        const bool object = value.kind == Kind::kBeginObject || value.kind == Kind::kEndObject;
        if (path.depth == 0) {
            return object ? "" : "it is not a JSON object";
        }
        if (path.depth == 1) {
            return object || path.keys[0] != "weight_map" ? "" : "its weight_map is not an object";
        }
        if (path.keys[0] == "metadata" && path.depth == 2 && path.keys[1] == "total_size") {
            index.totalBytes = value.kind == Kind::kUnsigned ? value.whole : 0;
        }
        if (path.keys[0] != "weight_map") {
            return {};
        }
        if (path.depth != 2 || value.kind != Kind::kText) {
            return "its weight_map names something that is not a file for " + quoted(path.keys[1]);
        }
        const std::string_view name = value.text;
        if (name.empty() || name == "." || name == ".." ||
            name.find_first_of(std::string_view("/\\\0", 3)) != name.npos) {
            return "it names the file " + quoted(name) + ", which does not lie beside it";
        }
        if (index.files.size() >= kMaximumTensors) {
            return "it lists more than " + std::to_string(kMaximumTensors) + " tensors";
        }
        index.files[path.keys[1]] = std::string(name);
        return {};
    };
    const std::string reason = visitJson(json, 4, visit);
    if (!reason.empty()) {
        fail(label, "The index is wrong: " + reason);
    }
    if (index.files.empty()) {
        fail(label, "The index lists no tensors");
    }
    return index;
}

} // namespace reelmend::models
