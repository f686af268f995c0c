#include <doctest/doctest.h>

#include <fstream>

#include "core/jobs/control_file.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::jobs;

using Commands = std::vector<Command>;

TEST_CASE("each command is obeyed once")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "control.jsonl";
    CommandReader reader(file);
    CHECK(reader.poll().empty());
    sendCommand(file, Command::kPause);
    sendCommand(file, Command::kResume);
    CHECK(reader.poll() == Commands{Command::kPause, Command::kResume});
    CHECK(reader.poll().empty());
    sendCommand(file, Command::kCancel);
    CHECK(reader.poll() == Commands{Command::kCancel});
}

TEST_CASE("what was said before the start counts only when it cancels")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "control.jsonl";
    sendCommand(file, Command::kPause);
    CHECK(CommandReader(file).poll().empty());
    sendCommand(file, Command::kCancel);
    sendCommand(file, Command::kResume);
    CommandReader reader(file);
    sendCommand(file, Command::kPause);
    CHECK(reader.poll() == Commands{Command::kCancel, Command::kPause});
    CHECK(reader.poll().empty());
}

TEST_CASE("unknown, torn and foreign lines are passed over")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "control.jsonl";
    CommandReader reader(file);
    std::ofstream(file) << "{\"command\":\"explode\"}\nnonsense\n{\"command\":5}\n[]\n{\"command\":\"pau";
    CHECK(reader.poll().empty());
    sendCommand(file, Command::kCancel); // closes the torn line off
    CHECK(reader.poll() == Commands{Command::kCancel});
}

TEST_CASE("names go both ways")
{
    for (const Command command : {Command::kPause, Command::kResume, Command::kCancel}) {
        CHECK(commandFromName(commandName(command)) == command);
    }
    CHECK_FALSE(commandFromName("stop"));
}
