#pragma once
#include <map>
#include <string>

#include "app/cli/detach.h"
#include "app/cli/output.h"
#include "core/jobs/event_log.h"
#include "core/jobs/job_folder.h"
#include "core/jobs/job_summary.h"

namespace reelmend::cli {

// Relays what happens in watched jobs, and notices when a job's process dies without an end.
class JobWatches {
public:
    explicit JobWatches(Output& output)
        : output_(output)
    {}

    void watch(const jobs::JobFolder& job, std::uint64_t from);
    void unwatch(const std::string& id);
    // The job's process was just started; `ready` comes to its end when it has begun, or died (see startDetached).
    void addStarted(const jobs::JobFolder& job, OwnedFile ready);
    bool isStarting(const std::string& id) const;

    bool wantsPolling() const { return !watches_.empty() || !starting_.empty(); }
    void poll(); // every 100 ms or so

private:
    struct Watch {
        jobs::JobFolder job;
        jobs::EventReader reader;
        std::uint64_t from = 1;
        jobs::JobStatus status;
        bool wasStartedHere = false; // then "waiting" with nobody at work means that its process died early
        bool saidInterrupted = false;
    };

    void relay(const std::string& id, Watch& watch);
    void checkAlive(const std::string& id, Watch& watch);

    Output& output_;
    std::map<std::string, Watch> watches_;
    std::map<std::string, OwnedFile> starting_;
    std::map<std::string, bool> startedHere_;
    double nextCheck_ = 0; // monotonic seconds
};

} // namespace reelmend::cli
