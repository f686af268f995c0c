#include <doctest/doctest.h>

#include <csignal>
#include <functional>

#include "core/base/files.h"
#include "core/jobs/job_folder.h"
#include "tests/app/cli/cli_process.h"
#include "tests/core/media/make_clip.h"

using namespace reelmend;
using namespace reelmend::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

// A session whose calls are answered before anything else is looked at.
class Client {
public:
    explicit Client(const CliPlace& place)
        : process(place, {"serve"})
    {
        hello = process.receive();
    }

    json call(json message)
    {
        message["id"] = ++id_;
        process.send(message);
        return process.receiveUntil([&](const json& m) { return m.value("type", "") == "reply" && m["id"] == id_; });
    }

    json untilEvent(const char* type, const std::function<bool(const json&)>& isWanted)
    {
        return process.receiveUntil([&](const json& m) {
            return m.value("type", "") == "event" && m["event"]["type"] == type && isWanted(m["event"]);
        });
    }

    json untilState(const char* state)
    {
        return untilEvent("state", [&](const json& event) { return event["state"] == state; });
    }

    CliProcess process;
    json hello;

private:
    int id_ = 0;
};

class Scene {
public:
    explicit Scene(int frames = 30, int width = 96, int height = 64)
    {
        ClipSpec spec;
        spec.frames = frames;
        spec.width = width;
        spec.height = height;
        makeClip(place / "clip é.mp4", spec);
    }

    json request(const char* output = "out.mp4") const
    {
        return {{"input", text(place / "clip é.mp4")}, {"output", text(place / output)}, {"task", "upscale"},
            {"quality", "draft"}};
    }

    pid_t runnerOf(const std::string& job) const
    {
        return static_cast<pid_t>(std::stol(base::readFile(place.jobs() / job / "lock")));
    }

    CliPlace place;
};

} // namespace

TEST_CASE("serve greets, runs a job and relays its events from the first to the last")
{
    const Scene scene;
    Client client(scene.place);
    CHECK(client.hello["type"] == "hello");
    CHECK(client.hello["protocol"] == 1);
    CHECK(client.hello["capabilities"]["models"].back() == "classical");

    const json started = client.call({{"call", "job.start"}, {"request", scene.request()}});
    REQUIRE(started.contains("result"));
    const std::string job = started["result"]["job"];
    CHECK(jobs::isJobId(job));
    CHECK(fs::is_directory(base::pathFromText(started["result"]["folder"].get<std::string>())));
    CHECK(client.call({{"call", "job.watch"}, {"job", job}})["result"] == json::object());
    json last;
    std::uint64_t expected = 1;
    do {
        last = client.process.receiveUntil([](const json& m) { return m["type"] == "event"; });
        CHECK(last["job"] == job);
        CHECK(last["event"]["seq"] == expected++);
    } while (last["event"]["type"] != "state" || last["event"]["state"] != "finished");
    CHECK(fs::exists(scene.place / "out.mp4"));

    const json list = client.call({{"call", "job.list"}})["result"]["jobs"];
    REQUIRE(list.size() == 1);
    CHECK(list[0]["job"] == job);
    CHECK(list[0]["state"] == "finished");
    CHECK(list[0]["done"] == 30);
    CHECK(list[0]["result"] == text(scene.place / "out.mp4"));
    CHECK(list[0]["failure"].is_null());
    CHECK(client.call({{"call", "job.list"}, {"input", "/elsewhere.mp4"}})["result"]["jobs"].empty());
    CHECK(client.call({{"call", "job.list"}, {"input", text(scene.place / "clip é.mp4")}})["result"]["jobs"].size() ==
          1);

    // A late watcher gets the same story, or its end.
    client.call({{"call", "job.watch"}, {"job", job}, {"from", expected - 1}});
    CHECK(client.process.receive()["event"]["seq"] == expected - 1);
    client.call({{"call", "job.unwatch"}, {"job", job}});
    CHECK(client.call({{"call", "job.restart"}, {"job", job}})["error"]["kind"] == "usage"); // it is finished
    CHECK(client.call({{"call", "job.remove"}, {"job", job}}).contains("result"));
    CHECK(scene.place.jobCount() == 0);
    CHECK(fs::exists(scene.place / "out.mp4"));
    client.process.closeInput();
    CHECK(client.process.wait() == 0);
}

TEST_CASE("what is not a call gets an error, and the session goes on")
{
    const Scene scene;
    Client client(scene.place);
    for (const std::string& line : std::vector<std::string>{"nonsense", "[]", "5", "{\"call\":\"job.list\"}",
             "{\"id\":\"1\",\"call\":\"job.list\"}", "{\"id\":1.5}", "\xff\xfe", std::string(100'000, '['),
             std::string(3 << 20, 'x')}) {
        client.process.send(line);
        const json answer = client.process.receive();
        CHECK(answer["type"] == "reply");
        CHECK(answer["id"].is_null());
        CHECK(answer["error"]["kind"] == "usage");
    }
    client.process.send(std::string("   \r"));
    for (const json& call : std::vector<json>{{{"call", "job.fly"}}, {{"call", 5}}, json::object(),
             {{"call", "job.start"}}, {{"call", "job.start"}, {"request", 5}},
             {{"call", "job.start"}, {"request", scene.request()}, {"kind", "dance"}},
             {{"call", "job.watch"}, {"job", "../../etc"}}, {{"call", "job.watch"}},
             {{"call", "job.control"}, {"job", "20200101-000000-abcdef"}, {"command", "pause"}},
             {{"call", "job.remove"}, {"job", ""}}, {{"call", "probe"}}, {{"call", "probe"}, {"path", 5}}}) {
        const json answer = client.call(call);
        CHECK_MESSAGE(answer.contains("error"), call.dump());
        CHECK(!answer["error"]["what"].get<std::string>().empty());
    }
    json wrong = scene.request();
    wrong.update({{"scale", 7}, {"strength", "much"}, {"colour", "red"}});
    const json refused = client.call({{"call", "job.start"}, {"request", wrong}});
    CHECK(refused["error"]["problems"].size() == 3);
    CHECK(client.call({{"call", "job.list"}})["result"]["jobs"].empty());
    CHECK(scene.place.jobCount() == 0);
}

TEST_CASE("a failing job says why through its events")
{
    const Scene scene;
    Client client(scene.place);
    json request = scene.request();
    request["input"] = text(scene.place / "missing.mp4");
    const std::string job = client.call({{"call", "job.start"}, {"request", request}})["result"]["job"];
    client.call({{"call", "job.watch"}, {"job", job}});
    const json failure = client.untilEvent("failure", [](const json&) { return true; });
    CHECK(failure["event"]["kind"] == "input");
    CHECK(failure["event"]["what"].get<std::string>().find("missing.mp4") != std::string::npos);
    client.untilState("failed");
    CHECK(client.call({{"call", "job.list"}})["result"]["jobs"][0]["failure"]["kind"] == "input");
    // The clip appears, and the same job is started again.
    fs::copy(scene.place / "clip é.mp4", scene.place / "missing.mp4");
    CHECK(client.call({{"call", "job.restart"}, {"job", job}}).contains("result"));
    client.untilState("finished");
    CHECK(client.call({{"call", "job.list"}})["result"]["jobs"][0]["failure"].is_null());
}

TEST_CASE("a job outlives the server and is found, steered and ended by the next one")
{
    const Scene scene(300, 320, 180);
    std::string job;
    {
        Client first(scene.place);
        job = first.call({{"call", "job.start"}, {"request", scene.request()}})["result"]["job"];
        first.call({{"call", "job.watch"}, {"job", job}});
        first.untilEvent("progress", [](const json& e) { return e["done"] > 5; });
        CHECK(first.call({{"call", "job.control"}, {"job", job}, {"command", "pause"}}).contains("result"));
        first.untilState("paused");
        first.process.signal(SIGKILL);
        first.process.wait();
    }
    const pid_t runner = scene.runnerOf(job);
    CHECK(isProcessAlive(runner));
    Client second(scene.place);
    CHECK(second.call({{"call", "job.list"}})["result"]["jobs"][0]["state"] == "paused");
    CHECK(second.call({{"call", "job.remove"}, {"job", job}})["error"]["kind"] == "usage");
    second.call({{"call", "job.watch"}, {"job", job}});
    CHECK(second.call({{"call", "job.control"}, {"job", job}, {"command", "resume"}}).contains("result"));
    second.untilEvent("progress", [](const json&) { return true; });
    CHECK(second.call({{"call", "job.control"}, {"job", job}, {"command", "cancel"}}).contains("result"));
    second.untilState("cancelled");
    CHECK(becomes([&] { return !isProcessAlive(runner); }));
    CHECK(second.call({{"call", "job.control"}, {"job", job}, {"command", "pause"}})["error"]["kind"] == "usage");
    // A cancelled job can be taken up again: the old cancel no longer counts.
    CHECK(second.call({{"call", "job.restart"}, {"job", job}}).contains("result"));
    second.untilState("running");
    second.untilEvent("progress", [](const json& e) { return e["done"] > 5; });
    second.call({{"call", "job.control"}, {"job", job}, {"command", "cancel"}});
    second.untilState("cancelled");
    CHECK_FALSE(fs::exists(scene.place / "out.mp4"));
}

TEST_CASE("a job whose process is killed is called interrupted")
{
    const Scene scene(300, 320, 180);
    Client client(scene.place);
    const std::string job = client.call({{"call", "job.start"}, {"request", scene.request()}})["result"]["job"];
    client.call({{"call", "job.watch"}, {"job", job}});
    client.untilEvent("progress", [](const json& e) { return e["done"] > 5; });
    ::kill(scene.runnerOf(job), SIGKILL);
    const json message = client.process.receiveUntil([](const json& m) { return m["type"] == "interrupted"; });
    CHECK(message["job"] == job);
    CHECK(client.call({{"call", "job.list"}})["result"]["jobs"][0]["state"] == "interrupted");
    CHECK(client.call({{"call", "job.restart"}, {"job", job}}).contains("result"));
    client.untilState("finished");
    CHECK(fs::exists(scene.place / "out.mp4"));
}

TEST_CASE("probe and doctor are answered by processes of their own, many at once")
{
    const Scene scene;
    Client client(scene.place);
    for (int i = 1; i <= 12; ++i) {
        const fs::path path = i % 3 == 0 ? scene.place / "missing.mp4" : scene.place / "clip é.mp4";
        client.process.send(json{{"id", 1000 + i}, {"call", "probe"}, {"path", text(path)}});
    }
    for (int i = 0; i < 12; ++i) {
        const json answer = client.process.receive();
        const bool isMissing = (answer["id"].get<int>() - 1000) % 3 == 0;
        CHECK(answer.contains("error") == isMissing);
        CHECK((isMissing ? answer["error"]["kind"] == "input" : answer["result"]["frames"] == 30));
    }
    CHECK(client.call({{"call", "doctor"}})["result"]["checks"].is_array());
}

TEST_CASE("calls in flight are answered although the input has ended")
{
    const Scene scene;
    CliProcess process(scene.place, {"serve"});
    process.send(json{{"id", 1}, {"call", "probe"}, {"path", text(scene.place / "clip é.mp4")}});
    process.closeInput();
    const CliResult result = process.finish();
    CHECK(result.exitCode == 0);
    REQUIRE(result.lines().size() == 2);
    CHECK(result.last()["result"]["frames"] == 30);
}

TEST_CASE("many watches of one session and a client that goes away do no harm")
{
    const Scene scene;
    std::vector<std::string> ids;
    {
        Client client(scene.place);
        for (int i = 0; i < 6; ++i) {
            json request = scene.request(("out " + std::to_string(i) + ".mp4").c_str());
            ids.push_back(client.call({{"call", "job.start"}, {"request", request}})["result"]["job"]);
            client.call({{"call", "job.watch"}, {"job", ids.back()}});
        }
        std::size_t finished = 0;
        while (finished < ids.size()) {
            client.untilState("finished");
            ++finished;
        }
    }
    Client again(scene.place);
    CHECK(again.call({{"call", "job.list"}})["result"]["jobs"].size() == 6);
    for (const std::string& id : ids) {
        again.process.send(json{{"id", 7}, {"call", "job.watch"}, {"job", id}});
    }
    again.process.signal(SIGTERM); // in the middle of relaying
    CHECK(again.process.wait() == 128 + SIGTERM);
}
