#include "core/jobs/event.h"

#include <array>
#include <cmath>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/jobs/json_text.h"

namespace reelmend::jobs {

using nlohmann::json;

namespace {

constexpr std::array<std::pair<JobState, std::string_view>, 7> kStates{{
    {JobState::kWaiting, "waiting"},
    {JobState::kRunning, "running"},
    {JobState::kPaused, "paused"},
    {JobState::kFinished, "finished"},
    {JobState::kCancelled, "cancelled"},
    {JobState::kFailed, "failed"},
    {JobState::kInterrupted, "interrupted"},
}};

json fieldsOf(const StateEvent& e)
{
    return {{"type", "state"}, {"state", stateName(e.state)}};
}

json fieldsOf(const ProgressEvent& e)
{
    json remaining; // null = not known
    if (e.remainingSeconds && std::isfinite(*e.remainingSeconds)) {
        remaining = *e.remainingSeconds;
    }
    return {{"type", "progress"}, {"phase", e.phase}, {"done", e.done}, {"total", e.total},
        {"fps", std::isfinite(e.framesPerSecond) ? e.framesPerSecond : 0.0}, {"remaining", std::move(remaining)}};
}

json fieldsOf(const SegmentEvent& e)
{
    return {{"type", "segment"}, {"begin", e.range.begin}, {"end", e.range.end}, {"path", e.path}};
}

json fieldsOf(const PreviewEvent& e)
{
    return {{"type", "preview"}, {"frame", e.frame}, {"path", e.path}};
}

json fieldsOf(const LogEvent& e)
{
    return {{"type", "log"}, {"level", base::levelName(e.level)}, {"text", e.text}};
}

json fieldsOf(const FailureEvent& e)
{
    json fields = toJson(e);
    fields["type"] = "failure";
    return fields;
}

json fieldsOf(const ResultEvent& e)
{
    return {{"type", "result"}, {"path", e.path}, {"frames", e.frames}, {"seconds", e.seconds}};
}

json fieldsOf(const StepEvent& e)
{
    json phases = json::array(), norms = json::object(), terms = json::object();
    for (const auto& [term, value] : e.terms) {
        terms[term] = value;
    }
    for (const StepPhase& phase : e.phases) {
        phases.push_back({{"name", phase.name}, {"seconds", phase.seconds}, {"peakBytes", phase.peakBytes}});
    }
    for (const auto& [part, norm] : e.gradientNorms) {
        norms[part] = norm;
    }
    return {{"type", "step"}, {"step", e.step}, {"steps", e.steps}, {"loss", e.loss}, {"charbonnier", e.charbonnier},
        {"frameDifference", e.frameDifference}, {"perceptual", e.perceptual}, {"terms", terms},
        {"gradientNorm", e.gradientNorm}, {"learningRate", e.learningRate}, {"seconds", e.seconds},
        {"dataWait", e.dataWait}, {"peakBytes", e.peakBytes}, {"rejected", e.isRejected}, {"distance", e.distance},
        {"gradientNorms", norms}, {"phases", phases}};
}

json fieldsOf(const ValidationEvent& e)
{
    json fields{{"type", "validation"}, {"step", e.step}, {"psnrBefore", e.psnrBefore}, {"psnr", e.psnr},
        {"best", e.isBest}, {"pictures", e.pictures}};
    for (const ValidationEvent::Score& score : e.scores) {
        fields[score.name + "Before"] = score.before;
        fields[score.name] = score.after;
    }
    return fields;
}

void readParts(const json& value, StepEvent& step)
{
    step.distance = value.contains("distance") ? integerMember(value, "distance") : -1;
    if (const auto norms = value.find("gradientNorms"); norms != value.end() && norms->is_object()) {
        for (const auto& [part, norm] : norms->items()) {
            step.gradientNorms.emplace_back(part, norm.is_number() ? norm.get<double>() : 0);
        }
    }
    if (const auto terms = value.find("terms"); terms != value.end() && terms->is_object()) {
        for (const auto& [term, number] : terms->items()) {
            step.terms.emplace_back(term, number.is_number() ? number.get<double>() : 0);
        }
    }
    if (const auto phases = value.find("phases"); phases != value.end() && phases->is_array()) {
        for (const json& phase : *phases) {
            if (phase.is_object()) {
                step.phases.push_back(
                    {textMember(phase, "name"), numberMember(phase, "seconds"), integerMember(phase, "peakBytes")});
            }
        }
    }
}

ValidationEvent validationFrom(const json& value)
{
    ValidationEvent event{integerMember(value, "step"), numberMember(value, "psnrBefore"),
        numberMember(value, "psnr"), {}, false, textMember(value, "pictures")};
    const auto best = value.find("best");
    event.isBest = best != value.end() && best->is_boolean() && best->get<bool>();
    for (const char* name : {"ssim", "lpips", "gmsd", "flicker"}) {
        if (value.contains(name)) {
            event.scores.push_back(
                {name, numberMember(value, (std::string(name) + "Before").c_str()), numberMember(value, name)});
        }
    }
    return event;
}

base::LogLevel levelFromName(std::string_view name)
{
    for (const base::LogLevel level : {base::LogLevel::kDebug, base::LogLevel::kWarning, base::LogLevel::kError}) {
        if (base::levelName(level) == name) {
            return level;
        }
    }
    return base::LogLevel::kInfo;
}

std::optional<double> remainingOf(const json& value)
{
    const double seconds = numberMember(value, "remaining", -1);
    return seconds >= 0 ? std::optional(seconds) : std::nullopt;
}

} // namespace

std::string_view stateName(JobState state)
{
    for (const auto& [value, name] : kStates) {
        if (value == state) {
            return name;
        }
    }
    return "waiting";
}

std::optional<JobState> stateFromName(std::string_view name)
{
    for (const auto& [value, text] : kStates) {
        if (text == name) {
            return value;
        }
    }
    return std::nullopt;
}

bool isEnd(JobState state)
{
    return state == JobState::kFinished || state == JobState::kCancelled || state == JobState::kFailed;
}

FailureEvent failureOf(const base::Error& error)
{
    return {error.kind(), error.message(), error.why(), error.hint()};
}

json toJson(const FailureEvent& failure)
{
    return {{"kind", base::kindName(failure.kind)}, {"what", failure.message}, {"why", failure.why},
        {"hint", failure.hint}};
}

json toJson(const Event& event)
{
    json object = std::visit([](const auto& what) { return fieldsOf(what); }, event.what);
    object["seq"] = event.sequence;
    object["time"] = event.time;
    return object;
}

std::optional<Event> eventFromJson(const json& value)
{
    const std::int64_t sequence = integerMember(value, "seq");
    if (sequence < 1) {
        return std::nullopt;
    }
    Event event;
    event.sequence = static_cast<std::uint64_t>(sequence);
    event.time = textMember(value, "time");
    const std::string type = textMember(value, "type");
    if (type == "state") {
        const std::optional<JobState> state = stateFromName(textMember(value, "state"));
        if (!state) {
            return std::nullopt;
        }
        event.what = StateEvent{*state};
    } else if (type == "progress") {
        event.what = ProgressEvent{textMember(value, "phase"), integerMember(value, "done"),
            integerMember(value, "total"), numberMember(value, "fps"), remainingOf(value)};
    } else if (type == "segment") {
        event.what =
            SegmentEvent{{integerMember(value, "begin"), integerMember(value, "end")}, textMember(value, "path")};
    } else if (type == "preview") {
        event.what = PreviewEvent{integerMember(value, "frame"), textMember(value, "path")};
    } else if (type == "log") {
        event.what = LogEvent{levelFromName(textMember(value, "level")), textMember(value, "text")};
    } else if (type == "failure") {
        event.what = FailureEvent{base::kindFromName(textMember(value, "kind")), textMember(value, "what"),
            textMember(value, "why"), textMember(value, "hint")};
    } else if (type == "result") {
        event.what =
            ResultEvent{textMember(value, "path"), integerMember(value, "frames"), numberMember(value, "seconds")};
    } else if (type == "step") {
        StepEvent step;
        step.step = integerMember(value, "step");
        step.steps = integerMember(value, "steps");
        step.loss = numberMember(value, "loss");
        step.charbonnier = numberMember(value, "charbonnier");
        step.frameDifference = numberMember(value, "frameDifference");
        step.perceptual = numberMember(value, "perceptual");
        step.gradientNorm = numberMember(value, "gradientNorm");
        step.learningRate = numberMember(value, "learningRate");
        step.seconds = numberMember(value, "seconds");
        step.dataWait = numberMember(value, "dataWait");
        step.peakBytes = integerMember(value, "peakBytes");
        const auto rejected = value.find("rejected");
        step.isRejected = rejected != value.end() && rejected->is_boolean() && rejected->get<bool>();
        readParts(value, step);
        event.what = step;
    } else if (type == "validation") {
        event.what = validationFrom(value);
    } else {
        return std::nullopt;
    }
    return event;
}

} // namespace reelmend::jobs
