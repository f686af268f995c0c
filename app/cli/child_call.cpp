#include "app/cli/child_call.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/jobs/json_text.h"

extern char** environ;

namespace reelmend::cli {

namespace {

constexpr std::size_t kMaximumAnswer = 16 << 20;

} // namespace

ChildCall::ChildCall(const std::vector<std::string>& arguments)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw base::systemError(base::ErrorKind::kFailed, "The call cannot be made.", errno);
    }
    output_ = OwnedFile(ends[0]);
    const OwnedFile writeEnd(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, writeEnd.get(), STDOUT_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t standard;
    sigemptyset(&standard);
    sigaddset(&standard, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &standard);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    std::string name = "reelmend-cli";
    std::vector<std::string> copies = arguments;
    std::vector<char*> pointers{name.data()};
    for (std::string& argument : copies) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    const int code = ::posix_spawn(&process_, "/proc/self/exe", &actions, &attributes, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (code != 0) {
        process_ = -1;
        throw base::systemError(base::ErrorKind::kFailed, "The call cannot be made.", code);
    }
}

ChildCall::~ChildCall()
{
    if (process_ > 0) {
        ::kill(process_, SIGKILL);
        while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

ChildCall::ChildCall(ChildCall&& other) noexcept
    : output_(std::move(other.output_))
    , process_(std::exchange(other.process_, -1))
    , text_(std::move(other.text_))
    , isFinished_(other.isFinished_)
{}

ChildCall& ChildCall::operator=(ChildCall&& other) noexcept
{
    std::swap(output_, other.output_);
    std::swap(process_, other.process_);
    std::swap(text_, other.text_);
    std::swap(isFinished_, other.isFinished_);
    return *this;
}

void ChildCall::read()
{
    char block[1 << 16];
    const ssize_t got = ::read(output_.get(), block, sizeof block);
    if (got > 0) {
        text_.append(block, static_cast<std::size_t>(got));
    }
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN) || text_.size() > kMaximumAnswer) {
        isFinished_ = true;
    }
}

std::optional<nlohmann::json> ChildCall::answer() const
{
    const std::size_t end = text_.find_last_not_of('\n');
    if (end == std::string::npos) {
        return std::nullopt;
    }
    const std::size_t lineBreak = text_.find_last_of('\n', end);
    const std::size_t begin = lineBreak == std::string::npos ? 0 : lineBreak + 1;
    std::optional<nlohmann::json> value = jobs::parseJson(std::string_view(text_).substr(begin, end + 1 - begin));
    return value && value->is_object() ? std::move(value) : std::nullopt;
}

} // namespace reelmend::cli
