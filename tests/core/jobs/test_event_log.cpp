#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/event_log.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::jobs;

namespace {

void appendRaw(const std::filesystem::path& file, const std::string& bytes)
{
    std::ofstream(file, std::ios::app | std::ios::binary) << bytes;
}

std::vector<std::uint64_t> sequences(const std::filesystem::path& file)
{
    std::vector<std::uint64_t> numbers;
    for (const Event& event : EventReader(file).poll()) {
        numbers.push_back(event.sequence);
    }
    return numbers;
}

using Numbers = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("events are numbered from 1 and go on after a restart")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "events.jsonl";
    {
        EventWriter writer(file);
        writer.write(StateEvent{JobState::kRunning});
        writer.write(LogEvent{base::LogLevel::kInfo, "one\ntwo"});
    }
    EventWriter again(file);
    again.write(StateEvent{JobState::kFinished});
    CHECK(again.lastSequence() == 3);
    CHECK(sequences(file) == Numbers{1, 2, 3});
    const std::string bytes = base::readFile(file);
    CHECK(std::count(bytes.begin(), bytes.end(), '\n') == 3);
}

TEST_CASE("a torn last line is not read, and the next run's events are")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "events.jsonl";
    EventWriter(file).write(StateEvent{JobState::kRunning});
    appendRaw(file, R"({"seq":2,"time":"2026-11-21T05:14:03Z","type":"progr)");
    EventReader reader(file);
    CHECK(reader.poll().size() == 1);
    EventWriter(file).write(StateEvent{JobState::kRunning});
    const auto rest = reader.poll();
    REQUIRE(rest.size() == 1); // the torn piece is passed over
    CHECK(rest[0].sequence == 2);
    CHECK(sequences(file) == Numbers{1, 2});
}

TEST_CASE("a last line that lacks only its line break keeps its number")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "events.jsonl";
    appendRaw(file, R"({"seq":9,"time":"","type":"state","state":"running"})");
    EventWriter(file).write(StateEvent{JobState::kFinished});
    CHECK(sequences(file) == Numbers{9, 10});
}

TEST_CASE("a writer that is killed while it writes leaves a file that goes on")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "events.jsonl";
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        EventWriter writer(file);
        for (int i = 0;; ++i) {
            writer.write(LogEvent{base::LogLevel::kInfo, std::string(4000, 'x')});
            if (i == 50 && ::write(ready[1], "x", 1) != 1) {
                ::_exit(1);
            }
        }
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    // Whatever stood at the end, cut the last line in its middle as well: a full disk does that.
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1500);
    EventWriter(file).write(StateEvent{JobState::kRunning});
    const Numbers numbers = sequences(file);
    REQUIRE(numbers.size() > 50);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        REQUIRE(numbers[i] == i + 1);
    }
}

TEST_CASE("a reader gets each event once, in order, while they are written")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "events.jsonl";
    constexpr std::uint64_t kCount = 2000;
    std::thread writer([&] {
        EventWriter events(file);
        for (std::uint64_t i = 0; i < kCount; ++i) {
            events.write(ProgressEvent{"enhancing", static_cast<std::int64_t>(i), kCount, 0, std::nullopt});
        }
    });
    EventReader reader(file);
    std::uint64_t expected = 1;
    while (expected <= kCount) {
        for (const Event& event : reader.poll()) {
            REQUIRE(event.sequence == expected);
            ++expected;
        }
    }
    writer.join();
    CHECK(reader.poll().empty());
}

TEST_CASE("several threads write whole lines")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "events.jsonl";
    EventWriter events(file);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                events.write(LogEvent{base::LogLevel::kDebug, std::string(300, 'y')});
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    const Numbers numbers = sequences(file);
    REQUIRE(numbers.size() == 800);
    CHECK(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST_CASE("garbage between the lines is passed over, unknown events are relayed as text")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "events.jsonl";
    appendRaw(file, "not json\n\n[]\n{\"seq\":\"1\"}\n\xff\xfe\n");
    appendRaw(file, std::string(LineTail::kMaximumLine + 5, 'z') + "\n");
    appendRaw(file, "{\"seq\":4,\"type\":\"hologram\",\"depth\":3}\n");
    EventWriter(file).write(StateEvent{JobState::kRunning});
    const auto lines = EventReader(file).pollLines();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].sequence == 4);
    CHECK_FALSE(lines[0].event);
    CHECK(lines[0].text.find("hologram") != std::string::npos);
    CHECK(lines[1].sequence == 5);
}

TEST_CASE("a reader can start near the end")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "events.jsonl";
    EventWriter writer(file);
    for (int i = 0; i < 100; ++i) {
        writer.write(LogEvent{base::LogLevel::kInfo, std::string(100, 'x')});
    }
    EventReader reader(file);
    reader.skipToLast(1000);
    const auto events = reader.poll();
    REQUIRE(!events.empty());
    CHECK(events.size() < 10);
    CHECK(events.back().sequence == 100);
}

TEST_CASE("a file that is not there has no events yet; a folder that is not there cannot be written")
{
    const test::TemporaryFolder folder;
    EventReader reader(folder / "events.jsonl");
    CHECK(reader.poll().empty());
    EventWriter(folder / "events.jsonl").write(StateEvent{JobState::kRunning});
    CHECK(reader.poll().size() == 1);
    CHECK_THROWS_AS(EventWriter(folder / "missing/events.jsonl"), base::Error);
}
