#include <doctest/doctest.h>

#include <limits>
#include <random>

#include <nlohmann/json.hpp>

#include "core/jobs/event.h"
#include "core/jobs/json_text.h"

using namespace reelmend;
using namespace reelmend::jobs;
using nlohmann::json;

namespace {

json roundTrip(decltype(Event::what) what)
{
    const Event event{7, "2026-11-21T05:14:03Z", std::move(what)};
    const auto back = eventFromJson(*parseJson(compactText(toJson(event))));
    REQUIRE(back);
    CHECK(back->sequence == 7);
    CHECK(back->time == event.time);
    CHECK(back->what.index() == event.what.index());
    CHECK(toJson(*back) == toJson(event));
    return toJson(event);
}

} // namespace

TEST_CASE("every kind of event survives JSON and has the fields of the protocol")
{
    CHECK(roundTrip(StateEvent{JobState::kPaused})["state"] == "paused");
    const json progress = roundTrip(ProgressEvent{"enhancing", 12, 48, 7.5, 4.8});
    CHECK(progress["type"] == "progress");
    CHECK(progress["remaining"] == 4.8);
    CHECK(roundTrip(ProgressEvent{"preparing", 0, 48, 0, std::nullopt})["remaining"].is_null());
    CHECK(roundTrip(SegmentEvent{{48, 96}, "segments/000001.mkv"})["begin"] == 48);
    CHECK(roundTrip(PreviewEvent{3, "previews/000003.png"})["frame"] == 3);
    CHECK(roundTrip(LogEvent{base::LogLevel::kWarning, "text\nwith \"marks\""})["level"] == "warning");
    CHECK(roundTrip(FailureEvent{base::ErrorKind::kDiskFull, "a", "b", "c"})["kind"] == "disk-full");
    CHECK(roundTrip(ResultEvent{"/out 日本語.mp4", 48, 6.5})["frames"] == 48);
}

TEST_CASE("events of a training carry every term, norm, phase and score")
{
    StepEvent step;
    step.step = 3;
    step.loss = 0.25;
    step.distance = 1;
    step.terms = {{"dists", 0.125}};
    step.gradientNorms = {{"decoder", 0.5}, {"encoder", 2}};
    step.phases = {{"data", 0.01, 0}, {"values", 1.5, 1 << 20}};
    const json told = roundTrip(step);
    CHECK(told["terms"]["dists"] == 0.125);
    CHECK(told["gradientNorms"]["encoder"] == 2.0);
    CHECK(told["phases"][1]["peakBytes"] == 1 << 20);
    CHECK(told["distance"] == 1);
    const json seen = roundTrip(
        ValidationEvent{4, 20, 25, {{"ssim", 0.5, 0.75}, {"flicker", 3, 2}}, true, "previews/step-00000004"});
    CHECK(seen["ssimBefore"] == 0.5);
    CHECK(seen["flicker"] == 2.0);
    CHECK(seen["best"] == true);
    CHECK_FALSE(seen.contains("lpips"));
    // What a program without these fields wrote.
    const auto old = eventFromJson({{"seq", 1}, {"type", "step"}, {"step", 2}});
    REQUIRE(old);
    CHECK(std::get<StepEvent>(old->what).distance == -1);
}

TEST_CASE("numbers that JSON cannot say are left out")
{
    const json event = toJson(Event{1, "",
        ProgressEvent{
            "enhancing", 0, 1, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}});
    CHECK(event["fps"] == 0.0);
    CHECK(event["remaining"].is_null());
}

TEST_CASE("unknown types and missing numbers are no event")
{
    CHECK_FALSE(eventFromJson(json{{"seq", 1}, {"type", "hologram"}}));
    CHECK_FALSE(eventFromJson(json{{"seq", 1}}));
    CHECK_FALSE(eventFromJson(json{{"type", "log"}, {"text", "x"}}));
    CHECK_FALSE(eventFromJson(json{{"seq", -1}, {"type", "log"}, {"text", "x"}}));
    CHECK_FALSE(eventFromJson(json{{"seq", 1}, {"type", "state"}, {"state", "dreaming"}}));
    CHECK_FALSE(eventFromJson(json(5)));
    CHECK_FALSE(eventFromJson(json()));
}

TEST_CASE("random members of random types never crash")
{
    std::mt19937 random(3);
    const std::vector<json> values{
        nullptr, 1, -1, 1e300, "state", "running", "x", true, json::array(), json::object()};
    const std::vector<std::string> types{"state", "progress", "segment", "preview", "log", "failure", "result"};
    for (int round = 0; round < 5000; ++round) {
        json event{{"seq", 1}, {"type", types[random() % types.size()]}};
        for (const char* name :
            {"seq", "time", "type", "state", "phase", "done", "total", "fps", "remaining", "begin", "end", "path",
                "frame", "level", "text", "kind", "what", "why", "hint", "frames", "seconds"}) {
            if (random() % 3 == 0 && !(std::string(name) == "type" && random() % 8 != 0)) {
                event[name] = values[random() % values.size()];
            }
        }
        if (const auto read = eventFromJson(event)) {
            CHECK(eventFromJson(toJson(*read)));
        }
    }
}
