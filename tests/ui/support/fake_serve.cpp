// A stand-in for `reelmend-cli serve`. It greets, keeps jobs in memory (seeded from $FAKE_SERVE_JOBS, a JSON array of
// job objects) and answers like docs/protocol.md says, but nothing runs: a test makes things happen with the extra
// calls "fake.emit" (prints `lines`), "fake.exit" (ends with `code`) and "fake.refuse" (every later call of that
// `name` is refused with `error`). $FAKE_SERVE_MODE: "lite" greets with the network, its five tasks and its dial,
// "silent" never greets, "protocol" greets with another protocol, "dies" ends at once, "noise" prints lines that are
// not of the protocol between its own. Every call is appended to $FAKE_SERVE_LOG.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

using Json = nlohmann::json;

namespace {

std::string variable(const char* name)
{
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

void say(const Json& message)
{
    std::cout << message.dump() << '\n' << std::flush;
}

class Server {
public:
    Server()
        : log_(variable("FAKE_SERVE_LOG"), std::ios::app)
    {
        std::ifstream seed(variable("FAKE_SERVE_JOBS"));
        if (seed) {
            jobs_ = Json::parse(seed, nullptr, false);
        }
        if (!jobs_.is_array()) {
            jobs_ = Json::array();
        }
    }

    void take(const std::string& line)
    {
        log_ << line << '\n' << std::flush;
        const Json call = Json::parse(line, nullptr, false);
        if (!call.is_object()) {
            return;
        }
        const std::string name = call.value("call", "");
        const Json id = call.value("id", Json());
        if (name == "fake.exit") {
            std::exit(call.value("code", 3));
        }
        if (const auto refused = refusals_.find(name); refused != refusals_.end()) {
            say({{"type", "reply"}, {"id", id}, {"error", refused->second}});
            return;
        }
        say({{"type", "reply"}, {"id", id}, {"result", answer(name, call)}});
        if (name == "fake.emit") {
            for (const Json& message : call.value("lines", Json::array())) {
                say(message);
            }
        }
    }

private:
    Json answer(const std::string& name, const Json& call)
    {
        if (name == "fake.refuse") {
            refusals_[call.value("name", "")] = call.value("error", Json::object());
        } else if (name == "job.start") {
            const std::string job = "20261121-051403-" + std::to_string(100000 + ++started_);
            const std::string folder = "/nowhere/" + job;
            const Json entry = {{"job", job}, {"folder", folder}, {"kind", "enhance"},
                {"request", call.value("request", Json())}, {"state", "waiting"}, {"created", "2026-11-21T05:14:03Z"},
                {"done", 0}, {"total", 0}, {"result", nullptr}, {"failure", nullptr}, {"sequence", 0}};
            jobs_.insert(jobs_.begin(), entry); // braces here would be a list of pairs
            return {{"job", job}, {"folder", folder}};
        } else if (name == "job.list") {
            Json list = Json::array();
            for (const Json& job : jobs_) {
                if (!call.contains("input") || job["request"].value("input", "") == call["input"]) {
                    list.push_back(job);
                }
            }
            return {{"jobs", list}};
        } else if (name == "job.restart") {
            return {{"job", call.value("job", "")}, {"folder", "/nowhere"}};
        } else if (name == "job.remove") {
            for (auto job = jobs_.begin(); job != jobs_.end(); ++job) {
                if (job->value("job", "") == call.value("job", "")) {
                    jobs_.erase(job);
                    break;
                }
            }
        }
        return Json::object();
    }

    std::ofstream log_;
    Json jobs_;
    std::map<std::string, Json> refusals_;
    int started_ = 0;
};

} // namespace

int main()
{
    const std::string mode = variable("FAKE_SERVE_MODE");
    Server server;
    if (mode == "dies") {
        std::cerr << "the fake engine was told to die\n";
        return 7;
    }
    if (mode == "noise") {
        std::cout << "a library's banner\n{\"type\": \"weather\"}\n{torn\n[1, 2]\n" << std::flush;
    }
    if (mode != "silent") {
        Json can = {{"tasks", {"upscale", "inpaint", "restore"}}, {"models", {"classical"}}, {"device", "cpu"}};
        if (mode == "lite") {
            const Json all = {"upscale", "inpaint", "restore", "repair", "harmonise"};
            can = {{"tasks", all}, {"models", {"lite", "classical"}}, {"device", "cpu"},
                {"model_tasks", {{"lite", all}, {"classical", can["tasks"]}}}, {"dials", {{"lite", {"detail"}}}}};
        }
        say({{"type", "hello"}, {"protocol", mode == "protocol" ? 2 : 1}, {"version", "0.1.0"},
            {"capabilities", can}});
    }
    for (std::string line; std::getline(std::cin, line);) {
        server.take(line);
    }
    return 0;
}
