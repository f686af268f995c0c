#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/cli/serve_session.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/control_file.h"
#include "core/jobs/json_text.h"
#include "core/jobs/problem.h"
#include "core/runner/capabilities.h"
#include "core/runner/model_choice.h"

namespace reelmend::cli {

using nlohmann::json;

namespace {

base::Error usageError(std::string what, std::string why, std::string hint = "See docs/protocol.md.")
{
    return {base::ErrorKind::kUsage, std::move(what), std::move(why), std::move(hint)};
}

} // namespace

void ServeSession::call(std::int64_t id, const std::string& name, const json& parameters)
{
    if (name == "probe") {
        const std::string path = jobs::textMember(parameters, "path");
        if (path.empty() || path.find('\0') != std::string::npos) {
            throw usageError("The clip cannot be looked at.", "No path was given.");
        }
        pending_.push_back({id, {"probe", "--json", "--", path}, std::nullopt});
    } else if (name == "doctor") {
        pending_.push_back({id, {"doctor", "--json"}, std::nullopt});
    } else if (name == "job.start") {
        reply(id, start(parameters));
    } else if (name == "job.restart") {
        reply(id, restart(parameters));
    } else if (name == "job.list") {
        reply(id, list(parameters));
    } else if (name == "job.watch") {
        reply(id, watch(parameters)); // events follow the reply: they are sent by the next poll
    } else if (name == "job.unwatch") {
        watches_.unwatch(jobOf(parameters).id());
        reply(id, json::object());
    } else if (name == "job.control") {
        reply(id, control(parameters));
    } else if (name == "job.remove") {
        reply(id, remove(parameters));
    } else {
        throw usageError(
            "The call is not known.", "There is no call \"" + jobs::shortened(name) + "\" in this version.");
    }
}

jobs::JobFolder ServeSession::jobOf(const json& parameters) const
{
    return jobs::JobFolder::find(root_, jobs::textMember(parameters, "job"));
}

json ServeSession::launched(const jobs::JobFolder& job)
{
    watches_.addStarted(job, startDetached(job));
    return {{"job", job.id()}, {"folder", base::pathText(job.path())}};
}

json ServeSession::start(const json& parameters)
{
    if (const std::string kind = jobs::textMember(parameters, "kind", "enhance"); kind != "enhance") {
        throw usageError("The job cannot be started.", "Its kind, \"" + jobs::shortened(kind) + "\", is not known.");
    }
    jobs::Problems problems;
    const auto found = parameters.find("request");
    jobs::EnhanceRequest request =
        jobs::enhanceRequestFromJson(found == parameters.end() ? json() : *found, problems);
    if (problems.empty()) {
        request = runner::resolved(std::move(request));
        problems = runner::unsupported(request);
    }
    if (!problems.empty()) {
        throw jobs::RequestError(std::move(problems));
    }
    const jobs::JobFolder job = jobs::JobFolder::create(root_, std::move(request));
    try {
        return launched(job);
    } catch (...) {
        job.remove();
        throw;
    }
}

json ServeSession::restart(const json& parameters)
{
    const jobs::JobFolder job = jobOf(parameters);
    const jobs::JobState state = jobs::summarise(job).status.state;
    if (state == jobs::JobState::kFinished) {
        throw usageError("The job cannot be started again.", "It is finished.", "Start a new one.");
    }
    std::optional<jobs::JobLock> lock = watches_.isStarting(job.id()) ? std::nullopt : job.tryLock();
    if (!lock) {
        throw usageError("The job cannot be started again.", "It is running.", "Cancel it first.");
    }
    job.forgetCommands(*lock);
    lock.reset(); // the process that starts now takes it for itself
    return launched(job);
}

json ServeSession::list(const json& parameters)
{
    const std::string input = jobs::textMember(parameters, "input");
    json jobs = json::array();
    for (const jobs::JobFolder& job : jobs::JobFolder::list(root_)) {
        try {
            jobs::JobSummary summary = jobs::summarise(job);
            const bool isWanted =
                input.empty() || summary.request.input == input ||
                base::isSameFile(base::pathFromText(summary.request.input), base::pathFromText(input));
            if (isWanted) {
                jobs.push_back(summary.toJson());
            }
        } catch (const base::Error&) {
            // Of another version, or damaged: nothing that this list could say about it.
        }
    }
    return {{"jobs", std::move(jobs)}};
}

json ServeSession::watch(const json& parameters)
{
    watches_.watch(jobOf(parameters),
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, jobs::integerMember(parameters, "from", 1))));
    return json::object();
}

json ServeSession::control(const json& parameters)
{
    const jobs::JobFolder job = jobOf(parameters);
    const auto command = jobs::commandFromName(jobs::textMember(parameters, "command"));
    if (!command) {
        throw usageError("The job cannot be steered.", "A command is pause, resume or cancel.");
    }
    if (!watches_.isStarting(job.id()) && !job.isLocked()) {
        throw usageError("The job cannot be steered.", "It is not running.", "Start it again first.");
    }
    jobs::sendCommand(job.controlFile(), *command);
    return json::object();
}

json ServeSession::remove(const json& parameters)
{
    const jobs::JobFolder job = jobOf(parameters);
    if (watches_.isStarting(job.id())) {
        throw usageError("The job cannot be removed.", "It is running.", "Cancel it first.");
    }
    job.remove();
    watches_.unwatch(job.id());
    return json::object();
}

} // namespace reelmend::cli
