#include "core/jobs/event_log.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/jobs/json_text.h"

namespace reelmend::jobs {

namespace {

std::uint64_t sequenceOf(std::string_view line)
{
    const std::optional<nlohmann::json> value = parseJson(line);
    return value ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, integerMember(*value, "seq"))) : 0;
}

std::uint64_t lastSequenceIn(const std::filesystem::path& file)
{
    LineTail tail(file);
    std::uint64_t last = 0;
    for (std::vector<std::string> lines = tail.poll(); !lines.empty(); lines = tail.poll()) {
        for (const std::string& line : lines) {
            last = std::max(last, sequenceOf(line));
        }
    }
    // A line that lacks nothing but its line break will be read by others once the next line closes it off.
    return std::max(last, sequenceOf(tail.unfinished()));
}

} // namespace

EventWriter::EventWriter(const std::filesystem::path& file)
    : sequence_(lastSequenceIn(file))
    , lines_(file)
{}

std::uint64_t EventWriter::lastSequence() const
{
    const std::lock_guard lock(mutex_);
    return sequence_;
}

Event EventWriter::append(Event event)
{
    const std::lock_guard lock(mutex_);
    // A number is used up even when the write fails: part of the line may stand in the file.
    event.sequence = ++sequence_;
    event.time = base::utcNowText();
    lines_.append(compactText(toJson(event)));
    return event;
}

EventReader::EventReader(std::filesystem::path file)
    : lines_(file)
    , file_(std::move(file))
{}

std::vector<EventLine> EventReader::pollLines()
{
    std::vector<EventLine> events;
    while (events.empty()) {
        std::vector<std::string> lines = lines_.poll();
        if (lines.empty()) {
            break;
        }
        for (std::string& line : lines) {
            const std::optional<nlohmann::json> value = parseJson(line);
            const std::int64_t sequence = value ? integerMember(*value, "seq") : 0;
            if (sequence > 0) {
                events.push_back({static_cast<std::uint64_t>(sequence), std::move(line), eventFromJson(*value)});
            }
        }
    }
    return events;
}

std::vector<Event> EventReader::poll()
{
    std::vector<Event> events;
    for (std::vector<EventLine> lines = pollLines(); !lines.empty(); lines = pollLines()) {
        for (EventLine& line : lines) {
            if (line.event) {
                events.push_back(std::move(*line.event));
            }
        }
    }
    return events;
}

void EventReader::skipToLast(std::uint64_t bytes)
{
    std::error_code code;
    const std::uintmax_t size = std::filesystem::file_size(file_, code);
    lines_.skipTo(code || size <= bytes ? 0 : size - bytes);
}

} // namespace reelmend::jobs
