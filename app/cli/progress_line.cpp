#include "app/cli/progress_line.h"

#include <cstdio>

#include "core/base/time.h"

namespace reelmend::cli {

void ProgressLine::show(const jobs::Event& event)
{
    if (const auto* progress = std::get_if<jobs::ProgressEvent>(&event.what)) {
        showProgress(*progress);
    } else if (const auto* state = std::get_if<jobs::StateEvent>(&event.what)) {
        if (state->state == jobs::JobState::kPaused) {
            print("paused");
        } else if (state->state == jobs::JobState::kCancelled) {
            print("cancelled");
        }
    } else if (const auto* log = std::get_if<jobs::LogEvent>(&event.what);
               log && log->level > base::LogLevel::kDebug) {
        print(log->text);
    }
}

void ProgressLine::showProgress(const jobs::ProgressEvent& progress)
{
    const std::int64_t tenth = progress.total > 0 ? progress.done * 10 / progress.total : 0;
    if (!isTerminal_ && progress.phase == phase_ && tenth == lastTenth_) {
        return;
    }
    phase_ = progress.phase;
    lastTenth_ = tenth;
    std::string text = progress.phase;
    char part[96];
    if (progress.total > 0) {
        std::snprintf(part, sizeof part, " %lld of %lld frames", static_cast<long long>(progress.done),
            static_cast<long long>(progress.total));
        text += part;
    }
    if (progress.framesPerSecond > 0) {
        std::snprintf(
            part, sizeof part, ", %.*f fps", progress.framesPerSecond < 10 ? 2 : 1, progress.framesPerSecond);
        text += part;
    }
    if (progress.remainingSeconds) {
        text += ", " + base::durationText(*progress.remainingSeconds) + " left";
    }
    if (isTerminal_) {
        std::fprintf(stderr, "\r\033[K%s", text.c_str());
        std::fflush(stderr);
        isShown_ = true;
    } else {
        std::fprintf(stderr, "%s\n", text.c_str());
    }
}

void ProgressLine::print(const std::string& text)
{
    clear();
    std::fprintf(stderr, "%s\n", text.c_str());
}

void ProgressLine::clear()
{
    if (isShown_) {
        std::fprintf(stderr, "\r\033[K");
        std::fflush(stderr);
        isShown_ = false;
    }
}

} // namespace reelmend::cli
