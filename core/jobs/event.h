#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/time.h"

// What happens in a job, one JSON object per line of events.jsonl (docs/protocol.md). Numbers of frames are counts
// within the job's range, positions are source frame indices.
namespace reelmend::jobs {

enum class JobState {
    kWaiting, // made, not started
    kRunning,
    kPaused,
    kFinished,
    kCancelled,
    kFailed,
    kInterrupted, // never written: derived when a started job has no end and nobody holds its lock
};

struct StateEvent {
    JobState state = JobState::kWaiting;
};
struct ProgressEvent {
    std::string phase;     // "preparing", "enhancing", "joining": a word of the program, not for people
    std::int64_t done = 0; // frames
    std::int64_t total = 0;
    double framesPerSecond = 0; // 0 = not known yet
    std::optional<double> remainingSeconds;
};
struct SegmentEvent {       // a piece of the result that can be watched now
    base::FrameRange range; // source frames
    std::string path;       // relative to the job's folder
};
struct PreviewEvent {
    std::int64_t frame = 0;
    std::string path; // relative to the job's folder
};
struct LogEvent {
    base::LogLevel level = base::LogLevel::kInfo;
    std::string text;
};
struct FailureEvent {
    base::ErrorKind kind = base::ErrorKind::kFailed;
    std::string message, why, hint;
};
struct ResultEvent {
    std::string path; // absolute; of a preview, relative to the job's folder
    std::int64_t frames = 0;
    double seconds = 0; // time it took
};

struct StepPhase {    // a part of a training step
    std::string name; // "data", "values", "gradient", "optimizer"
    double seconds = 0;
    std::int64_t peakBytes = 0; // of tensors
};
struct StepEvent { // of a training
    std::int64_t step = 0, steps = 0;
    double loss = 0, charbonnier = 0, frameDifference = 0, perceptual = 0; // the weighted sum, and its terms
    std::vector<std::pair<std::string, double>> terms; // those that a request asked for by name, before their weights
    double gradientNorm = 0, learningRate = 0;
    double seconds = 0, dataWait = 0;                          // of the step; of them, waiting for footage
    std::int64_t peakBytes = 0;                                // of the process so far
    bool isRejected = false;                                   // not finite: left out
    std::int64_t distance = -1;                                // D; -1 = the gradient is not truncated
    std::vector<std::pair<std::string, double>> gradientNorms; // of the network's parts
    std::vector<StepPhase> phases;
};
struct ValidationEvent { // on footage that is not trained on
    std::int64_t step = 0;
    double psnrBefore = 0, psnr = 0; // dB, mean: of what is given, of what the network makes of it
    // The other scores, the same way: "ssim", "lpips", "gmsd", "flicker", as far as they can be computed.
    struct Score {
        std::string name;
        double before = 0, after = 0;
    };
    std::vector<Score> scores;
    bool isBest = false;  // of this training so far
    std::string pictures; // folder with input, result, target and difference of every clip; relative to the job's
};

struct Event {
    std::uint64_t sequence = 0; // 1, 2, … within the job
    std::string time;           // UTC, ISO 8601
    std::variant<StateEvent, ProgressEvent, SegmentEvent, PreviewEvent, LogEvent, FailureEvent, ResultEvent,
        StepEvent, ValidationEvent>
        what;
};

std::string_view stateName(JobState state); // "running", …
bool isEnd(JobState state);                 // finished, cancelled or failed: the last word of a run
std::optional<JobState> stateFromName(std::string_view name);

FailureEvent failureOf(const base::Error& error);
nlohmann::json toJson(const FailureEvent& failure); // kind, what, why, hint
nlohmann::json toJson(const Event& event);
// None when the JSON is not an event of a kind known here (a newer program's, or a torn last line).
std::optional<Event> eventFromJson(const nlohmann::json& json);

} // namespace reelmend::jobs
