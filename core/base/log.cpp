#include "core/base/log.h"

namespace reelmend::base {

std::string_view levelName(LogLevel level)
{
    switch (level) {
    case LogLevel::kDebug:
        return "debug";
    case LogLevel::kInfo:
        return "info";
    case LogLevel::kWarning:
        return "warning";
    case LogLevel::kError:
        break;
    }
    return "error";
}

} // namespace reelmend::base
