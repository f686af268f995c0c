#include "core/models/tensor_list.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <optional>
#include <set>

#include "core/base/error.h"
#include "core/models/strict_json.h"

namespace reelmend::models {

namespace {

constexpr std::size_t kMostDepth = 4, kMostAxes = 32;
constexpr int kMostOfARange = 100'000;
constexpr std::uint64_t kMostBits = std::numeric_limits<std::uint64_t>::max() / 2;

std::optional<StoredType> typeFromName(std::string_view name)
{
    for (int i = 0; i <= static_cast<int>(StoredType::kF6E3M2); ++i) {
        if (typeName(static_cast<StoredType>(i)) == name) {
            return static_cast<StoredType>(i);
        }
    }
    return std::nullopt;
}

// "blocks.{0:30}.weight" -> what stands before and behind the range, and the range.
struct Pattern {
    std::string before, after;
    int first = 0, end = 1;
    bool isRange = false;
};

// Empty, or why the name is no pattern.
std::string readPattern(const std::string& name, Pattern& pattern)
{
    const auto open = name.find('{');
    if (open == std::string::npos) {
        pattern.before = name;
        return {};
    }
    const auto close = name.find('}', open);
    const auto colon = name.find(':', open);
    const auto number = [&](std::size_t from, std::size_t to, int& value) {
        const auto [stop, error] = std::from_chars(name.data() + from, name.data() + to, value);
        return error == std::errc() && stop == name.data() + to && value >= 0;
    };
    if (close == std::string::npos || colon == std::string::npos || colon > close ||
        !number(open + 1, colon, pattern.first) || !number(colon + 1, close, pattern.end) ||
        pattern.end <= pattern.first || pattern.end - pattern.first > kMostOfARange ||
        name.find('{', close) != std::string::npos) {
        return "its range is not {first:end}";
    }
    pattern.isRange = true;
    pattern.before = name.substr(0, open);
    pattern.after = name.substr(close + 1);
    return {};
}

class ListReader {
public:
    std::string operator()(JsonPath path, const JsonValue& value)
    {
        using Kind = JsonValue::Kind;
        const bool isBorder = value.kind == Kind::kBeginObject || value.kind == Kind::kEndObject;
        if (path.depth == 0) {
            return isBorder ? "" : "it is not a JSON object";
        }
        const std::string reason = path.depth == 1 ? entry(path.keys[0], value, isBorder) : field(path, value);
        return reason.empty() ? reason : "tensor \"" + path.keys[0].substr(0, 120) + "\": " + reason;
    }

    SafetensorsHeader header;

private:
    std::string entry(const std::string& name, const JsonValue& value, bool isBorder)
    {
        if (!isBorder) {
            return "it is not described by an object";
        }
        if (value.kind == JsonValue::Kind::kBeginObject) {
            type_.reset();
            hasShape_ = false;
            shape_.clear();
            return {};
        }
        if (!type_ || !hasShape_) {
            return "it lacks its dtype or its shape";
        }
        return add(name);
    }

    std::string field(JsonPath path, const JsonValue& value)
    {
        using Kind = JsonValue::Kind;
        const std::string& name = path.keys[1];
        if (name == "dtype" && path.depth == 2 && value.kind == Kind::kText) {
            type_ = typeFromName(value.text);
            return type_ ? "" : "the type \"" + std::string(value.text.substr(0, 20)) + "\" is not known";
        }
        if (name == "shape" && path.depth == 2 &&
            (value.kind == Kind::kBeginArray || value.kind == Kind::kEndArray)) {
            hasShape_ = true;
            return {};
        }
        if (name == "shape" && path.depth == 3 && value.kind == Kind::kUnsigned && shape_.size() < kMostAxes &&
            value.whole <= static_cast<unsigned long long>(std::numeric_limits<std::int64_t>::max())) {
            shape_.push_back(static_cast<std::int64_t>(value.whole));
            return {};
        }
        return "it has a field that a list does not have, or one that is not understood";
    }

    std::string add(const std::string& name)
    {
        Pattern pattern;
        if (const std::string reason = readPattern(name, pattern); !reason.empty()) {
            return reason;
        }
        auto bits = static_cast<std::uint64_t>(bitsOf(*type_));
        for (const std::int64_t size : shape_) {
            if (size > 0 && bits > kMostBits / static_cast<std::uint64_t>(size)) {
                return "its shape is too large";
            }
            bits *= static_cast<std::uint64_t>(size);
        }
        if (bits % 8 != 0) {
            return "its numbers do not fill whole bytes";
        }
        const std::uint64_t bytes = bits / 8;
        for (int i = pattern.first; i < pattern.end; ++i) {
            StoredTensor tensor;
            tensor.name = pattern.isRange ? pattern.before + std::to_string(i) + pattern.after : pattern.before;
            if (!names_.insert(tensor.name).second) {
                return "it is listed twice";
            }
            if (header.tensors.size() >= kMaximumTensors ||
                end_ > std::numeric_limits<std::uint64_t>::max() / 2 - bytes) {
                return "there are too many tensors";
            }
            tensor.type = *type_;
            tensor.shape = shape_;
            tensor.begin = end_;
            tensor.end = end_ += bytes;
            header.tensors.push_back(std::move(tensor));
        }
        return {};
    }

    std::set<std::string> names_;
    std::uint64_t end_ = 0;
    std::optional<StoredType> type_;
    std::vector<std::int64_t> shape_;
    bool hasShape_ = false;
};

} // namespace

SafetensorsHeader parseTensorList(std::string_view json, std::string_view label)
{
    ListReader reader;
    const std::string reason = visitJson(json, kMostDepth, std::ref(reader));
    if (!reason.empty()) {
        throw base::Error(base::ErrorKind::kInput,
            "\"" + std::string(label) + "\" cannot be read as a list of tensors.", reason + ".",
            "Each entry is \"name\": {\"dtype\": \"F32\", \"shape\": [2, 3]}.");
    }
    return std::move(reader.header);
}

} // namespace reelmend::models
