#pragma once
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/test_support.h"

namespace reelmend::test {

// What a finished run of reelmend-cli left.
struct CliResult {
    int exitCode = -1; // 128 + the signal that ended it
    std::string out, err;

    std::vector<nlohmann::json> lines() const; // of `out`; every line must be JSON
    nlohmann::json last() const;               // null when there is none
};

// A folder with a name that breaks careless code, and data and cache folders of its own for the program.
class CliPlace {
public:
    CliPlace();

    std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
    const std::filesystem::path& path() const { return folder_.path(); }
    std::filesystem::path jobs() const { return folder_ / "data/jobs"; }
    int jobCount() const;
    void setDataFolder(const std::filesystem::path& folder) { data_ = folder; }
    std::vector<std::string> environment() const;
    // Everything below the folder but data and cache: to see that nothing was left behind.
    std::vector<std::string> files() const;

    CliResult run(const std::vector<std::string>& arguments) const;
    // With the words of another program in front, which runs ours.
    CliResult runThrough(const std::vector<std::string>& wrapper, const std::vector<std::string>& arguments) const;

private:
    TemporaryFolder folder_;
    std::filesystem::path data_;
};

// A reelmend-cli that is talked to while it runs.
class CliProcess {
public:
    CliProcess(const CliPlace& place, const std::vector<std::string>& arguments,
        const std::vector<std::string>& wrapper = {});
    ~CliProcess(); // kills one that still runs
    CliProcess(const CliProcess&) = delete;
    CliProcess& operator=(const CliProcess&) = delete;

    void send(const std::string& line);
    void send(const nlohmann::json& message) { send(message.dump()); }
    void closeInput();
    void signal(int number);
    // Next line of its standard output as JSON; fails the test when none comes in time.
    nlohmann::json receive(std::chrono::seconds patience = std::chrono::seconds(30));
    // Receives until `isWanted`, which is then returned.
    template <class Wanted> nlohmann::json receiveUntil(Wanted isWanted)
    {
        for (;;) {
            nlohmann::json message = receive();
            if (isWanted(message)) {
                return message;
            }
        }
    }
    // Waits for the end; none when it does not come in time.
    std::optional<int> wait(std::chrono::milliseconds patience = std::chrono::seconds(30));
    // All output to its end, and the end itself.
    CliResult finish(std::chrono::seconds patience = std::chrono::seconds(120));
    pid_t id() const { return process_; }

private:
    bool readMore(std::chrono::milliseconds patience); // false at the end of its output

    pid_t process_ = -1;
    int input_ = -1, output_ = -1, errors_ = -1;
    std::string text_; // of the output, not yet handed out
    std::string errorText_;
};

bool isProcessAlive(pid_t id);
// Waits for `condition`, looking every few milliseconds; false when it does not come true in time.
template <class Condition>
bool becomes(Condition condition, std::chrono::milliseconds patience = std::chrono::seconds(30));

void pauseBriefly(); // between two looks

template <class Condition> bool becomes(Condition condition, std::chrono::milliseconds patience)
{
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        pauseBriefly();
    }
    return true;
}

std::string text(const std::filesystem::path& path);

} // namespace reelmend::test
