#pragma once
#include <functional>
#include <string_view>

namespace reelmend::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Where log lines go is handed down as a value; the core never owns a logger. May be called from any thread.
using LogSink = std::function<void(LogLevel, std::string_view)>;

std::string_view levelName(LogLevel level); // "debug", "info", "warning", "error"

} // namespace reelmend::base
