#pragma once
#include <QString>

#include <nlohmann/json.hpp>

namespace reelmend::ui::session {

// Fields of messages that another program wrote: missing or of another type = nothing, never an exception.
inline QString textOf(const nlohmann::json& object, const char* field)
{
    const auto found = object.find(field);
    return found != object.end() && found->is_string() ? QString::fromStdString(found->get<std::string>())
                                                       : QString();
}

inline double numberOf(const nlohmann::json& object, const char* field)
{
    const auto found = object.find(field);
    return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

inline qint64 integerOf(const nlohmann::json& object, const char* field)
{
    const auto found = object.find(field);
    return found != object.end() && found->is_number_integer() ? found->get<qint64>() : 0;
}

} // namespace reelmend::ui::session
