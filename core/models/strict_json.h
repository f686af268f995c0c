#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace reelmend::models {

// JSON for files that are not trusted: nlohmann's event parser behind a check for what its document parser forgives
// (duplicate keys) and for depth. The visitor is told each value with its path of keys (array items count as "").
struct JsonValue {
    enum class Kind {
        kNull,
        kBool,
        kUnsigned,
        kSigned,
        kReal,
        kText,
        kBeginObject,
        kEndObject,
        kBeginArray,
        kEndArray
    };
    Kind kind = Kind::kNull;
    std::string_view text;        // of kText
    unsigned long long whole = 0; // of kUnsigned
};

// `visit(path, value)` returns "" to go on, or a reason to stop. Returns "" or the reason: a syntax error with its
// byte position, a duplicate key, more than `maximumDepth` levels, or the visitor's own.
struct JsonPath {
    const std::string* keys; // outermost first
    std::size_t depth;
};
std::string visitJson(std::string_view json, std::size_t maximumDepth,
    const std::function<std::string(JsonPath, const JsonValue&)>& visit);

} // namespace reelmend::models
