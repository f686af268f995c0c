#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace reelmend::base {

// What went wrong, as far as a caller (a script, the desktop) must tell cases apart. Each kind is one exit code of
// reelmend-cli (docs/command-line.md); 0 is never a failure.
enum class ErrorKind {
    kFailed = 1,      // anything not listed below
    kUsage = 2,       // the request itself is wrong: unknown option, field out of range
    kInput = 3,       // a file that was to be read cannot be
    kOutput = 4,      // a file that was to be written cannot be
    kDiskFull = 5,    // the disk, not the path, is the obstacle
    kOutOfMemory = 6, // main memory or the card's memory ran out
    kUnavailable = 7, // something this machine lacks: a codec, a device, LibTorch
};

int exitCode(ErrorKind kind);
inline constexpr int kExitCancelled = 130;
std::string_view kindName(ErrorKind kind);     // "input", "disk-full", …: the word used in events and JSON
ErrorKind kindFromName(std::string_view name); // unknown names become kFailed

// Every error says what was wanted and failed, why, and what to try: three short sentences for the person at the
// screen. `why` and `hint` may be empty only where nothing true can be said. what() is the three joined.
class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, std::string what, std::string why = {}, std::string hint = {});

    ErrorKind kind() const noexcept { return kind_; }
    const std::string& message() const noexcept { return message_; }
    const std::string& why() const noexcept { return why_; }
    const std::string& hint() const noexcept { return hint_; }

private:
    ErrorKind kind_;
    std::string message_, why_, hint_;
};

// Thrown by Control::checkpoint() after a stop was asked for. Not a std::exception on purpose: a cancelled job has
// not failed, and a catch clause for failures must not swallow it.
struct Cancelled {};

// An Error that explains `errorNumber` (errno): full disk, missing permission, missing folder, read-only file system.
Error systemError(ErrorKind kind, std::string what, int errorNumber, std::string hint = {});

} // namespace reelmend::base
