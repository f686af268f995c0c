#include "core/base/error.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace reelmend::base {

namespace {

std::string joined(const std::string& what, const std::string& why, const std::string& hint)
{
    std::string text = what;
    for (const std::string& part : {why, hint}) {
        if (!part.empty()) {
            text += text.empty() ? part : " " + part;
        }
    }
    return text;
}

constexpr std::array<std::pair<ErrorKind, std::string_view>, 7> kNames{{
    {ErrorKind::kFailed, "failed"},
    {ErrorKind::kUsage, "usage"},
    {ErrorKind::kInput, "input"},
    {ErrorKind::kOutput, "output"},
    {ErrorKind::kDiskFull, "disk-full"},
    {ErrorKind::kOutOfMemory, "out-of-memory"},
    {ErrorKind::kUnavailable, "unavailable"},
}};

} // namespace

int exitCode(ErrorKind kind)
{
    return static_cast<int>(kind);
}

std::string_view kindName(ErrorKind kind)
{
    for (const auto& [value, name] : kNames) {
        if (value == kind) {
            return name;
        }
    }
    return "failed";
}

ErrorKind kindFromName(std::string_view name)
{
    for (const auto& [value, text] : kNames) {
        if (text == name) {
            return value;
        }
    }
    return ErrorKind::kFailed;
}

Error::Error(ErrorKind kind, std::string what, std::string why, std::string hint)
    : std::runtime_error(joined(what, why, hint))
    , kind_(kind)
    , message_(std::move(what))
    , why_(std::move(why))
    , hint_(std::move(hint))
{}

Error systemError(ErrorKind kind, std::string what, int errorNumber, std::string hint)
{
    switch (errorNumber) {
    case ENOSPC:
    case EDQUOT:
        return {ErrorKind::kDiskFull, std::move(what), "The disk is full.",
            hint.empty() ? "Free some space or choose a folder on another disk." : std::move(hint)};
    case EFBIG:
        return {ErrorKind::kDiskFull, std::move(what), "The file would be larger than this disk or account allows.",
            hint.empty() ? "Choose a folder on another disk, or a smaller result." : std::move(hint)};
    case ENOENT:
        return {kind, std::move(what), "There is no such file or folder.",
            hint.empty() ? "Check the spelling of the path." : std::move(hint)};
    case EACCES:
    case EPERM:
        return {kind, std::move(what), "You may not access it.",
            hint.empty() ? "Change its permissions or choose another place." : std::move(hint)};
    case EROFS:
        return {kind, std::move(what), "That disk is read-only.",
            hint.empty() ? "Choose a folder that can be written." : std::move(hint)};
    default:
        return {kind, std::move(what), std::string("The system says: ") + std::strerror(errorNumber) + ".",
            std::move(hint)};
    }
}

} // namespace reelmend::base
