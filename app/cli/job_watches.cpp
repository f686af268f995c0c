#include "app/cli/job_watches.h"

#include <poll.h>

#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/jobs/json_text.h"

namespace reelmend::cli {

namespace {

bool isAtEnd(const OwnedFile& file)
{
    pollfd question{file.get(), POLLIN, 0};
    return ::poll(&question, 1, 0) > 0;
}

} // namespace

void JobWatches::watch(const jobs::JobFolder& job, std::uint64_t from)
{
    const std::string id = job.id();
    watches_.erase(id);
    watches_.emplace(id, Watch{job, jobs::EventReader(job.eventFile()), from, {}, startedHere_.contains(id), false});
}

void JobWatches::unwatch(const std::string& id)
{
    watches_.erase(id);
}

void JobWatches::addStarted(const jobs::JobFolder& job, OwnedFile ready)
{
    starting_.insert_or_assign(job.id(), std::move(ready));
    startedHere_[job.id()] = true;
    if (const auto found = watches_.find(job.id()); found != watches_.end()) {
        found->second.wasStartedHere = true;
        found->second.saidInterrupted = false;
    }
}

bool JobWatches::isStarting(const std::string& id) const
{
    return starting_.contains(id);
}

void JobWatches::poll()
{
    std::erase_if(starting_, [](const auto& entry) { return isAtEnd(entry.second); });
    const bool isCheckDue = base::monotonicSeconds() >= nextCheck_;
    if (isCheckDue) {
        nextCheck_ = base::monotonicSeconds() + 0.5;
    }
    for (auto& [id, watch] : watches_) {
        relay(id, watch);
        if (isCheckDue) {
            checkAlive(id, watch);
        }
    }
}

void JobWatches::relay(const std::string& id, Watch& watch)
{
    std::vector<jobs::EventLine> lines;
    try {
        lines = watch.reader.pollLines();
    } catch (const base::Error&) {
        return; // cannot be read right now; the next round tries again
    }
    for (const jobs::EventLine& line : lines) {
        if (line.event) {
            watch.status.apply(*line.event);
            watch.saidInterrupted = false;
        }
        if (line.sequence >= watch.from) {
            // The line is one JSON object already; unknown members travel along as they are.
            output_.line(R"({"type":"event","job":")" + id + R"(","event":)" + line.text + "}");
        }
    }
}

void JobWatches::checkAlive(const std::string& id, Watch& watch)
{
    const jobs::JobState state = watch.status.state;
    const bool wasAlive = state == jobs::JobState::kRunning || state == jobs::JobState::kPaused ||
                          (state == jobs::JobState::kWaiting && watch.wasStartedHere);
    if (!wasAlive || watch.saidInterrupted || isStarting(id) || watch.job.isLocked()) {
        return;
    }
    relay(id, watch); // its last words may have come between the last look and the end of the lock
    if (!jobs::isEnd(watch.status.state)) {
        watch.saidInterrupted = true;
        output_.json({{"type", "interrupted"}, {"job", id}});
    }
}

} // namespace reelmend::cli
