#pragma once
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "core/jobs/text_file.h"

namespace reelmend::jobs {

enum class Command { kPause, kResume, kCancel };

std::string_view commandName(Command command); // "pause", "resume", "cancel"
std::optional<Command> commandFromName(std::string_view name);

// Appends to a job's control.jsonl: how anybody steers a job, also before its process runs. Throws Error(kOutput or
// kDiskFull).
void sendCommand(const std::filesystem::path& controlFile, Command command);

// The running process's side: each line counts once; lines that stood there before count only when they cancel.
// Unknown lines are passed over. Not thread-safe.
class CommandReader {
public:
    explicit CommandReader(std::filesystem::path controlFile);
    std::vector<Command> poll();

private:
    std::vector<Command> read();

    LineTail lines_;
    bool wasCancelledBefore_ = false;
};

} // namespace reelmend::jobs
