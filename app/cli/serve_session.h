#pragma once
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "app/cli/child_call.h"
#include "app/cli/job_watches.h"
#include "app/cli/output.h"

namespace reelmend::cli {

// One client on standard input and output (docs/protocol.md). Single-threaded; holds no state that is not in the job
// folders, so any number of sessions may run side by side.
class ServeSession {
public:
    ServeSession(Output& output, std::filesystem::path jobRoot);
    void run(int inputFile); // until the input ends or the reader of the output is gone

private:
    struct PendingCall { // a call that a child process answers
        std::int64_t id = 0;
        std::vector<std::string> arguments;
        std::optional<ChildCall> child; // none while it waits for its turn
    };

    bool readInput(int inputFile); // false at the end of the input
    void handleLine(const std::string& line);
    void call(std::int64_t id, const std::string& name, const nlohmann::json& parameters);
    void reply(std::int64_t id, nlohmann::json result);
    void replyError(const nlohmann::json& id, nlohmann::json error);

    nlohmann::json start(const nlohmann::json& parameters);
    nlohmann::json restart(const nlohmann::json& parameters);
    nlohmann::json list(const nlohmann::json& parameters);
    nlohmann::json watch(const nlohmann::json& parameters);
    nlohmann::json control(const nlohmann::json& parameters);
    nlohmann::json remove(const nlohmann::json& parameters);
    jobs::JobFolder jobOf(const nlohmann::json& parameters) const;
    nlohmann::json launched(const jobs::JobFolder& job);

    void startPending();
    void finishPending(PendingCall& pending);

    Output& output_;
    std::filesystem::path root_;
    JobWatches watches_;
    std::deque<PendingCall> pending_;
    std::string buffer_;      // of a line that has not ended
    bool isSkipping_ = false; // inside a line that is too long
};

} // namespace reelmend::cli
