#include "app/cli/serve_session.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/jobs/json_text.h"

namespace reelmend::cli {

using nlohmann::json;

namespace {

constexpr std::size_t kMaximumLine = 1 << 20;
constexpr std::size_t kMaximumChildren = 4;
constexpr int kPollMilliseconds = 100;
constexpr double kLastAnswerSeconds = 10;

} // namespace

ServeSession::ServeSession(Output& output, std::filesystem::path jobRoot)
    : output_(output)
    , root_(std::move(jobRoot))
    , watches_(output)
{}

void ServeSession::run(int inputFile)
{
    // Calls that were made before the input ended are answered, but nobody waits long for an answer after that.
    std::optional<double> end;
    while (!output_.isGone()) {
        startPending();
        if (end && (pending_.empty() || base::monotonicSeconds() > *end)) {
            return;
        }
        std::vector<pollfd> files{{end ? -1 : inputFile, POLLIN, 0}};
        for (const PendingCall& pending : pending_) {
            if (pending.child) {
                files.push_back({pending.child->file(), POLLIN, 0});
            }
        }
        if (::poll(files.data(), files.size(), end || watches_.wantsPolling() ? kPollMilliseconds : -1) < 0) {
            continue; // a signal
        }
        std::size_t next = 1;
        for (PendingCall& pending : pending_) {
            if (pending.child && files[next++].revents != 0) {
                pending.child->read();
                if (pending.child->isFinished()) {
                    finishPending(pending);
                }
            }
        }
        std::erase_if(pending_, [](const PendingCall& p) { return p.child && p.child->isFinished(); });
        if (files[0].revents != 0 && !readInput(inputFile)) {
            end = base::monotonicSeconds() + kLastAnswerSeconds;
        }
        watches_.poll();
    }
}

bool ServeSession::readInput(int inputFile)
{
    char block[1 << 16];
    const ssize_t got = ::read(inputFile, block, sizeof block);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return true;
    }
    if (got <= 0) {
        return false;
    }
    std::string_view bytes(block, static_cast<std::size_t>(got));
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
        buffer_.append(bytes.substr(0, isSkipping_ ? 0 : end));
        bytes.remove_prefix(end + 1);
        const std::string line = std::exchange(buffer_, {});
        if (isSkipping_ || line.size() > kMaximumLine) {
            replyError(
                nullptr, errorJson(base::Error(base::ErrorKind::kUsage, "A call cannot be read.",
                             "The line is longer than a megabyte.", "Name files instead of sending contents.")));
        } else {
            handleLine(line);
        }
        isSkipping_ = false;
    }
    buffer_.append(isSkipping_ ? std::string_view() : bytes);
    if (buffer_.size() > kMaximumLine) {
        buffer_.clear();
        isSkipping_ = true;
    }
    return true;
}

void ServeSession::handleLine(const std::string& line)
{
    if (line.find_first_not_of(" \t\r") == std::string::npos) {
        return;
    }
    const std::optional<json> message = jobs::parseJson(line);
    const json* id = message && message->is_object() && message->contains("id") ? &(*message)["id"] : nullptr;
    if (!id || !id->is_number_integer()) {
        replyError(
            nullptr, errorJson(base::Error(base::ErrorKind::kUsage, "A call cannot be read.",
                         message ? "It is not an object with a whole number as \"id\"." : "The line is not JSON.",
                         "See docs/protocol.md.")));
        return;
    }
    try {
        call(id->get<std::int64_t>(), jobs::textMember(*message, "call"), *message);
    } catch (const base::Error& error) {
        replyError(*id, errorJson(error));
    } catch (const std::exception& error) {
        replyError(*id, errorJson(base::Error(base::ErrorKind::kFailed, "The call failed.", error.what())));
    }
}

void ServeSession::reply(std::int64_t id, json result)
{
    output_.json({{"type", "reply"}, {"id", id}, {"result", std::move(result)}});
}

void ServeSession::replyError(const json& id, json error)
{
    output_.json({{"type", "reply"}, {"id", id}, {"error", std::move(error)}});
}

void ServeSession::startPending()
{
    auto running = std::count_if(pending_.begin(), pending_.end(), [](const auto& p) { return p.child.has_value(); });
    for (auto pending = pending_.begin(); pending != pending_.end();) {
        if (pending->child || running >= static_cast<std::ptrdiff_t>(kMaximumChildren)) {
            ++pending;
            continue;
        }
        try {
            pending->child.emplace(pending->arguments);
            ++running;
            ++pending;
        } catch (const base::Error& error) {
            replyError(pending->id, errorJson(error));
            pending = pending_.erase(pending);
        }
    }
}

void ServeSession::finishPending(PendingCall& pending)
{
    std::optional<json> answer = pending.child->answer();
    if (!answer) {
        replyError(pending.id, errorJson(base::Error(base::ErrorKind::kFailed, "There is no answer.",
                                   "The process that was to find it ended too early.", "Try again.")));
    } else if (answer->contains("error")) {
        replyError(pending.id, std::move((*answer)["error"]));
    } else {
        reply(pending.id, std::move(*answer));
    }
}

} // namespace reelmend::cli
