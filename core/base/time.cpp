#include "core/base/time.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <numeric>

#include "core/base/error.h"

namespace reelmend::base {

namespace {

[[noreturn]] void badRange(std::string_view text, const std::string& why)
{
    throw Error(ErrorKind::kUsage, "The range \"" + std::string(text) + "\" cannot be used.", why,
        "Ranges are frame numbers from 0, first:end, the end not included, for example 0:48.");
}

std::int64_t parseFrame(std::string_view whole, std::string_view part)
{
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (code != std::errc() || end != part.data() + part.size() || value < 0) {
        badRange(whole, "\"" + std::string(part) + "\" is not a frame number.");
    }
    return value;
}

} // namespace

Rational Rational::reduced() const
{
    const std::int64_t divisor = std::gcd(num, den);
    return divisor > 1 ? Rational{num / divisor, den / divisor} : *this;
}

FrameRange FrameRange::intersected(FrameRange other) const
{
    return {std::max(begin, other.begin), std::min(end, other.end)};
}

FrameRange parseRange(std::string_view text, std::int64_t frameCount)
{
    FrameRange range{0, frameCount};
    if (!text.empty()) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) {
            badRange(text, "It has no colon.");
        }
        if (colon > 0) {
            range.begin = parseFrame(text, text.substr(0, colon));
        }
        if (colon + 1 < text.size()) {
            range.end = parseFrame(text, text.substr(colon + 1));
        }
        if (range.end > frameCount || range.begin >= frameCount) {
            badRange(text, "The clip has " + std::to_string(frameCount) + (frameCount == 1 ? " frame." : " frames."));
        }
        if (range.empty()) {
            badRange(text, "It contains no frame.");
        }
    }
    return range;
}

std::string durationText(double seconds)
{
    char text[64];
    if (!(seconds >= 0) || seconds > 1e9) {
        return "unknown";
    }
    const auto whole = static_cast<long long>(std::llround(seconds));
    if (whole < 60) {
        std::snprintf(text, sizeof text, "%lld s", whole);
    } else if (whole < 3600) {
        std::snprintf(text, sizeof text, "%lld min %02lld s", whole / 60, whole % 60);
    } else {
        std::snprintf(text, sizeof text, "%lld h %02lld min", whole / 3600, whole / 60 % 60);
    }
    return text;
}

std::string timecodeText(std::int64_t frame, Rational framesPerSecond)
{
    const double rate = framesPerSecond.isPositive() ? framesPerSecond.value() : 25.0;
    const std::int64_t perSecond = std::max<std::int64_t>(1, std::llround(rate));
    const std::int64_t seconds = frame / perSecond;
    char text[64];
    std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld:%02lld", static_cast<long long>(seconds / 3600),
        static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60),
        static_cast<long long>(frame % perSecond));
    return text;
}

std::string bytesText(double bytes)
{
    static constexpr const char* kUnits[] = {"bytes", "kB", "MB", "GB", "TB"};
    int unit = 0;
    while (std::abs(bytes) >= 999.5 && unit < 4) {
        bytes /= 1000;
        ++unit;
    }
    char text[64];
    std::snprintf(
        text, sizeof text, unit == 0 || std::abs(bytes) >= 99.95 ? "%.0f %s" : "%.1f %s", bytes, kUnits[unit]);
    return text;
}

double monotonicSeconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string utcNowText()
{
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

} // namespace reelmend::base
