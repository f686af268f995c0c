#include "core/jobs/control_file.h"

#include <algorithm>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/jobs/json_text.h"

namespace reelmend::jobs {

std::string_view commandName(Command command)
{
    switch (command) {
    case Command::kPause:
        return "pause";
    case Command::kResume:
        return "resume";
    case Command::kCancel:
        break;
    }
    return "cancel";
}

std::optional<Command> commandFromName(std::string_view name)
{
    for (const Command command : {Command::kPause, Command::kResume, Command::kCancel}) {
        if (commandName(command) == name) {
            return command;
        }
    }
    return std::nullopt;
}

void sendCommand(const std::filesystem::path& controlFile, Command command)
{
    LineAppender(controlFile).append(compactText({{"command", commandName(command)}}));
}

CommandReader::CommandReader(std::filesystem::path controlFile)
    : lines_(std::move(controlFile))
{
    const std::vector<Command> before = read();
    wasCancelledBefore_ = std::find(before.begin(), before.end(), Command::kCancel) != before.end();
}

std::vector<Command> CommandReader::poll()
{
    std::vector<Command> commands = read();
    if (std::exchange(wasCancelledBefore_, false)) {
        commands.insert(commands.begin(), Command::kCancel);
    }
    return commands;
}

std::vector<Command> CommandReader::read()
{
    std::vector<Command> commands;
    for (std::vector<std::string> lines = lines_.poll(); !lines.empty(); lines = lines_.poll()) {
        for (const std::string& line : lines) {
            const std::optional<nlohmann::json> value = parseJson(line);
            if (const auto command = value ? commandFromName(textMember(*value, "command")) : std::nullopt) {
                commands.push_back(*command);
            }
        }
    }
    return commands;
}

} // namespace reelmend::jobs
