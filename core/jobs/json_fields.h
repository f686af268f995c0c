#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/jobs/json_text.h"
#include "core/jobs/problem.h"

// For the .cpp files of this folder: it brings the JSON library along.
namespace reelmend::jobs {

// Reads one member at a time and remembers which were asked for, so that the rest can be named as unknown. A member
// that is absent leaves its value alone.
class Fields {
public:
    Fields(const nlohmann::json& object, Problems& problems)
        : object_(object)
        , problems_(problems)
    {}

    const nlohmann::json* find(const char* name)
    {
        known_.insert(name);
        const auto found = object_.find(name);
        return found == object_.end() ? nullptr : &*found;
    }

    void complain(const char* name, std::string reason) { problems_.push_back({name, std::move(reason)}); }

    void text(const char* name, std::string& value)
    {
        const nlohmann::json* found = find(name);
        if (found && found->is_string()) {
            value = found->get<std::string>();
        } else if (found) {
            complain(name, "It must be text.");
        }
    }

    void flag(const char* name, bool& value)
    {
        const nlohmann::json* found = find(name);
        if (found && found->is_boolean()) {
            value = found->get<bool>();
        } else if (found) {
            complain(name, "It must be true or false.");
        }
    }

    void number(const char* name, double& value)
    {
        const nlohmann::json* found = find(name);
        if (found && found->is_number()) {
            value = found->get<double>();
        } else if (found) {
            complain(name, "It must be a number.");
        }
    }

    // Whole numbers of [least, most].
    void count(const char* name, std::int64_t& value, std::int64_t least, std::int64_t most)
    {
        const nlohmann::json* found = find(name);
        const std::optional<std::int64_t> number = found ? wholeNumber(*found) : std::nullopt;
        if (number && *number >= least && *number <= most) {
            value = *number;
        } else if (found) {
            complain(name,
                "It must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ".");
        }
    }

    template <class Value>
    void word(const char* name, Value& value, std::optional<Value> (*fromName)(std::string_view), const char* words)
    {
        const nlohmann::json* found = find(name);
        if (!found) {
            return;
        }
        const std::string text = found->is_string() ? found->get<std::string>() : std::string();
        if (const std::optional<Value> known = fromName(text)) {
            value = *known;
        } else {
            complain(name, std::string("It must be one of ") + words + ".");
        }
    }

    void nameUnknown()
    {
        constexpr std::size_t kNamed = 20;
        std::size_t count = 0;
        for (const auto& [name, value] : object_.items()) {
            if (!known_.contains(name) && ++count <= kNamed) {
                problems_.push_back({shortened(name), "There is no such field."});
            }
        }
        if (count > kNamed) {
            problems_.push_back({"request", std::to_string(count - kNamed) + " more fields are not known."});
        }
    }

private:
    const nlohmann::json& object_;
    Problems& problems_;
    std::set<std::string, std::less<>> known_;
};

} // namespace reelmend::jobs
