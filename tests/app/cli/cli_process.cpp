#include "tests/app/cli/cli_process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "core/base/error.h"
#include "core/base/files.h"

extern char** environ;

namespace reelmend::test {

namespace fs = std::filesystem;

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> list;
    for (std::string& t : texts) {
        list.push_back(t.data());
    }
    list.push_back(nullptr);
    return list;
}

} // namespace

std::vector<nlohmann::json> CliResult::lines() const
{
    std::vector<nlohmann::json> list;
    std::istringstream stream(out);
    for (std::string line; std::getline(stream, line);) {
        list.push_back(nlohmann::json::parse(line, nullptr, false));
        REQUIRE_MESSAGE(!list.back().is_discarded(), line);
    }
    return list;
}

nlohmann::json CliResult::last() const
{
    const std::vector<nlohmann::json> list = lines();
    return list.empty() ? nlohmann::json() : list.back();
}

CliPlace::CliPlace()
    : data_(folder_ / "data")
{}

int CliPlace::jobCount() const
{
    std::error_code code;
    int count = 0;
    for (fs::directory_iterator entry(data_ / "jobs", code), end; !code && entry != end; entry.increment(code)) {
        ++count;
    }
    return count;
}

std::vector<std::string> CliPlace::environment() const
{
    std::vector<std::string> list;
    for (char** entry = environ; *entry; ++entry) {
        if (!std::string(*entry).starts_with("REELMEND_")) {
            list.push_back(*entry);
        }
    }
    list.push_back("REELMEND_DATA_DIR=" + text(data_));
    // No weights: the classical model does the work. The network has tests of its own (tests/core/runner).
    list.push_back("REELMEND_RESOURCES_DIR=" + text(data_ / "none"));
    list.push_back("REELMEND_CACHE_DIR=" + text(folder_ / "cache"));
    return list;
}

std::vector<std::string> CliPlace::files() const
{
    std::vector<std::string> list;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
        const std::string name = text(fs::relative(entry.path(), folder_.path()));
        if (!name.starts_with("data") && !name.starts_with("cache")) {
            list.push_back(name);
        }
    }
    std::sort(list.begin(), list.end());
    return list;
}

CliResult CliPlace::run(const std::vector<std::string>& arguments) const
{
    return runThrough({}, arguments);
}

CliResult CliPlace::runThrough(
    const std::vector<std::string>& wrapper, const std::vector<std::string>& arguments) const
{
    CliProcess process(*this, arguments, wrapper);
    process.closeInput();
    return process.finish();
}

CliProcess::CliProcess(
    const CliPlace& place, const std::vector<std::string>& arguments, const std::vector<std::string>& wrapper)
{
    int in[2], out[2], err[2];
    REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(err, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    std::vector<std::string> words = wrapper;
    words.push_back(REELMEND_CLI);
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = place.environment();
    const int code = ::posix_spawn(
        &process_, words[0].c_str(), &actions, nullptr, pointers(words).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    for (const int end : {in[0], out[1], err[1]}) {
        ::close(end);
    }
    input_ = in[1];
    output_ = out[0];
    errors_ = err[0];
    REQUIRE(code == 0);
    std::signal(SIGPIPE, SIG_IGN);
}

CliProcess::~CliProcess()
{
    closeInput();
    if (process_ > 0) {
        ::kill(process_, SIGKILL);
        int status = 0;
        ::waitpid(process_, &status, 0);
    }
    ::close(output_);
    ::close(errors_);
}

void CliProcess::send(const std::string& line)
{
    const std::string whole = line + "\n";
    std::string_view left = whole;
    while (!left.empty()) {
        const ssize_t written = ::write(input_, left.data(), left.size());
        REQUIRE(written > 0);
        left.remove_prefix(static_cast<std::size_t>(written));
    }
}

void CliProcess::closeInput()
{
    if (input_ >= 0) {
        ::close(std::exchange(input_, -1));
    }
}

void CliProcess::signal(int number)
{
    REQUIRE(process_ > 0);
    REQUIRE(::kill(process_, number) == 0);
}

bool CliProcess::readMore(std::chrono::milliseconds patience)
{
    pollfd files[] = {{output_, POLLIN, 0}, {errors_, POLLIN, 0}};
    REQUIRE_MESSAGE(::poll(files, 2, static_cast<int>(patience.count())) > 0, "nothing came: ", errorText_);
    char block[1 << 14];
    if (files[1].revents & POLLIN) {
        const ssize_t got = ::read(errors_, block, sizeof block);
        errorText_.append(block, static_cast<std::size_t>(std::max<ssize_t>(0, got)));
    }
    if (files[0].revents & POLLIN) {
        const ssize_t got = ::read(output_, block, sizeof block);
        text_.append(block, static_cast<std::size_t>(std::max<ssize_t>(0, got)));
        return true;
    }
    return (files[0].revents & POLLHUP) == 0 || (files[1].revents & POLLIN) != 0;
}

nlohmann::json CliProcess::receive(std::chrono::seconds patience)
{
    for (;;) {
        if (const std::size_t end = text_.find('\n'); end != std::string::npos) {
            const std::string line = text_.substr(0, end);
            text_.erase(0, end + 1);
            nlohmann::json value = nlohmann::json::parse(line, nullptr, false);
            REQUIRE_MESSAGE(!value.is_discarded(), line);
            return value;
        }
        REQUIRE_MESSAGE(readMore(patience), "its output ended: ", errorText_);
    }
}

std::optional<int> CliProcess::wait(std::chrono::milliseconds patience)
{
    int status = 0;
    const bool hasEnded = becomes([&] { return ::waitpid(process_, &status, WNOHANG) == process_; }, patience);
    if (!hasEnded) {
        return std::nullopt;
    }
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

CliResult CliProcess::finish(std::chrono::seconds patience)
{
    while (readMore(patience)) {
    }
    const std::optional<int> code = wait();
    REQUIRE(code);
    char block[1 << 14];
    for (ssize_t got = ::read(errors_, block, sizeof block); got > 0; got = ::read(errors_, block, sizeof block)) {
        errorText_.append(block, static_cast<std::size_t>(got));
    }
    return {*code, std::exchange(text_, {}), std::exchange(errorText_, {})};
}

bool isProcessAlive(pid_t id)
{
    // A zombie is not alive; /proc says which.
    std::string state;
    try {
        state = base::readFile("/proc/" + std::to_string(id) + "/stat");
    } catch (const reelmend::base::Error&) {
        return false;
    }
    const std::size_t end = state.rfind(") ");
    return end != std::string::npos && state[end + 2] != 'Z';
}

void pauseBriefly()
{
    ::usleep(5000);
}

std::string text(const fs::path& path)
{
    return base::pathText(path);
}

} // namespace reelmend::test
