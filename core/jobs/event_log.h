#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/jobs/event.h"
#include "core/jobs/text_file.h"

namespace reelmend::jobs {

// Appends to a job's events.jsonl. Only the process that holds the job's lock may have one; its functions may be
// called from any thread. Sequence numbers go on where the file ends, also behind a torn last line.
class EventWriter {
public:
    explicit EventWriter(const std::filesystem::path& file); // throws Error(kOutput or kDiskFull)

    // Gives the event its number and time, appends it and returns it. Throws Error(kOutput or kDiskFull).
    template <class What> Event write(What what) { return append(Event{0, {}, std::move(what)}); }
    std::uint64_t lastSequence() const;

private:
    Event append(Event event);

    mutable std::mutex mutex_;
    std::uint64_t sequence_;
    LineAppender lines_;
};

// One line of events.jsonl: the text as it stands (one JSON object), and what it means where that is known here.
struct EventLine {
    std::uint64_t sequence = 0;
    std::string text;
    std::optional<Event> event;
};

// Follows a job's events.jsonl. Lines that are no JSON object with a `seq` are passed over. Not thread-safe.
class EventReader {
public:
    explicit EventReader(std::filesystem::path file);

    // What came since the last call, in order, about a megabyte at a time: call again while it returns some. A file
    // that is not there yet has no events. Throws Error(kInput).
    std::vector<EventLine> pollLines();
    std::vector<Event> poll(); // all that came, and only events of a kind known here

    // Starts near the end of the file instead: only lines of the last `bytes` bytes are seen.
    void skipToLast(std::uint64_t bytes);

private:
    LineTail lines_;
    std::filesystem::path file_;
};

} // namespace reelmend::jobs
