#include "core/models/strict_json.h"

#include <nlohmann/json.hpp>

#include <set>
#include <vector>

namespace reelmend::models {

namespace {

// The names nlohmann calls are fixed by its SAX interface.
class Handler {
public:
    using json = nlohmann::json;

    Handler(std::size_t maximumDepth, const std::function<std::string(JsonPath, const JsonValue&)>& visit)
        : maximumDepth_(maximumDepth)
        , visit_(visit)
    {}

    std::string reason;

    bool null() { return value({}); }
    bool boolean(bool) { return value({.kind = JsonValue::Kind::kBool}); }
    bool number_integer(json::number_integer_t) { return value({.kind = JsonValue::Kind::kSigned}); }
    bool number_unsigned(json::number_unsigned_t v)
    {
        return value({.kind = JsonValue::Kind::kUnsigned, .whole = v});
    }
    bool number_float(json::number_float_t, const std::string&) { return value({.kind = JsonValue::Kind::kReal}); }
    bool string(std::string& v) { return value({.kind = JsonValue::Kind::kText, .text = v}); }
    bool binary(json::binary_t&) { return false; }
    bool start_object(std::size_t) { return open(JsonValue::Kind::kBeginObject); }
    bool end_object() { return close(JsonValue::Kind::kEndObject); }
    bool start_array(std::size_t) { return open(JsonValue::Kind::kBeginArray); }
    bool end_array() { return close(JsonValue::Kind::kEndArray); }
    bool key(std::string& name)
    {
        if (!seen_.back().insert(name).second) {
            reason = "the key \"" + name + "\" stands twice";
            return false;
        }
        keys_.back() = std::move(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&)
    {
        if (reason.empty()) {
            reason = "its JSON text is broken at byte " + std::to_string(position);
        }
        return false;
    }

private:
    bool value(const JsonValue& v)
    {
        reason = visit_({keys_.data(), keys_.size()}, v);
        return reason.empty();
    }
    bool open(JsonValue::Kind kind)
    {
        if (!value({.kind = kind})) {
            return false;
        }
        if (keys_.size() >= maximumDepth_) {
            reason = "its JSON text is nested deeper than the format allows";
            return false;
        }
        keys_.emplace_back();
        seen_.emplace_back();
        return true;
    }
    bool close(JsonValue::Kind kind)
    {
        keys_.pop_back();
        seen_.pop_back();
        return value({.kind = kind});
    }

    std::size_t maximumDepth_;
    const std::function<std::string(JsonPath, const JsonValue&)>& visit_;
    std::vector<std::string> keys_;
    std::vector<std::set<std::string>> seen_;
};

} // namespace

std::string visitJson(std::string_view json, std::size_t maximumDepth,
    const std::function<std::string(JsonPath, const JsonValue&)>& visit)
{
    Handler handler(maximumDepth, visit);
    const bool whole = nlohmann::json::sax_parse(json.begin(), json.end(), &handler);
    if (whole) {
        return {};
    }
    return handler.reason.empty() ? "its JSON text is broken" : handler.reason;
}

} // namespace reelmend::models
