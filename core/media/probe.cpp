#include "core/media/probe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "core/media/clip_file.h"

namespace reelmend::media {

namespace {

// True when every frame lies within one tick of where a steady rate puts it (containers round).
bool isSteady(const PacketIndex& index, base::Rational rate)
{
    if (!rate.isPositive()) {
        return false;
    }
    const long double ticksPerFrame =
        static_cast<long double>(rate.den) * static_cast<long double>(index.timeBase.den) /
        (static_cast<long double>(rate.num) * static_cast<long double>(index.timeBase.num));
    const std::int64_t first = index.frames.front().pts;
    for (std::size_t i = 0; i < index.frames.size(); ++i) {
        const long double expected = static_cast<long double>(first) + static_cast<long double>(i) * ticksPerFrame;
        if (std::abs(static_cast<long double>(index.frames[i].pts) - expected) > 1.001L) {
            return false;
        }
    }
    return true;
}

base::Rational averageRate(const PacketIndex& index)
{
    const std::int64_t ticks = index.frames.back().pts - index.frames.front().pts;
    if (index.frames.size() < 2 || ticks <= 0 || ticks > INT64_MAX / index.timeBase.num) {
        return {0, 1};
    }
    AVRational rate{0, 1};
    av_reduce(&rate.num, &rate.den, static_cast<std::int64_t>(index.frames.size() - 1) * index.timeBase.den,
        ticks * index.timeBase.num, 1'000'000);
    return {rate.num, rate.den};
}

void findRate(video::ClipScan& scan, const PacketIndex& index, base::Rational claimed)
{
    constexpr std::array<base::Rational, 13> kUsual{{{24000, 1001}, {24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {50, 1},
        {60000, 1001}, {60, 1}, {12, 1}, {15, 1}, {48, 1}, {120, 1}, {100, 1}}};
    const base::Rational average = averageRate(index);
    if (index.frames.size() < 2) {
        scan.frameRate = claimed;
        return;
    }
    // A usual rate first: the average of a short clip in milliseconds is a few parts in a thousand off it.
    std::vector<base::Rational> candidates(kUsual.begin(), kUsual.end());
    candidates.insert(candidates.begin(), claimed);
    candidates.push_back(average);
    for (const base::Rational& rate : candidates) {
        if (isSteady(index, rate)) {
            scan.frameRate = rate.reduced();
            return;
        }
    }
    scan.hasVariableRate = true;
    scan.frameRate = average;
}

std::string rateText(double framesPerSecond)
{
    char text[32];
    std::snprintf(text, sizeof text, framesPerSecond < 100 ? "%.3g" : "%.0f", framesPerSecond);
    return text;
}

void remarkRate(video::ClipScan& scan, const PacketIndex& index)
{
    if (!scan.hasVariableRate) {
        return;
    }
    std::int64_t shortest = INT64_MAX;
    std::int64_t longest = 0;
    for (std::size_t i = 1; i < index.frames.size(); ++i) {
        const std::int64_t step = index.frames[i].pts - index.frames[i - 1].pts;
        shortest = std::min(shortest, step);
        longest = std::max(longest, step);
    }
    const double tick = index.timeBase.value();
    scan.remarks.push_back("Frames do not come at a steady rate: between " +
                           rateText(1 / (static_cast<double>(longest) * tick)) + " and " +
                           rateText(1 / (static_cast<double>(shortest) * tick)) + " fps. Their times are kept.");
}

std::string listText(const std::vector<std::int64_t>& numbers)
{
    constexpr std::size_t kNamed = 5;
    std::string text;
    for (std::size_t i = 0; i < std::min(numbers.size(), kNamed); ++i) {
        text += (i > 0 ? ", " : "") + std::to_string(numbers[i]);
    }
    return numbers.size() > kNamed ? text + " and " + std::to_string(numbers.size() - kNamed) + " more" : text;
}

void remarkDamage(video::ClipInfo& info, const PacketIndex& index)
{
    video::ClipScan& scan = *info.scan;
    if (!scan.missingFrames.empty()) {
        const bool isOne = scan.missingFrames.size() == 1;
        scan.remarks.push_back((isOne ? "Picture " : "Pictures ") + listText(scan.missingFrames) +
                               (isOne ? " is" : " are") + " missing; the one before is shown instead.");
    }
    if (!scan.damagedFrames.empty()) {
        const bool isOne = scan.damagedFrames.size() == 1;
        scan.remarks.push_back((isOne ? "Frame " : "Frames ") + listText(scan.damagedFrames) +
                               (isOne ? " is" : " are") +
                               " damaged; what can be decoded, or else the nearest whole frame, is shown instead.");
    }
    if (index.otherSizeFrom >= 0 && !info.isSequence()) {
        scan.remarks.push_back("From frame " + std::to_string(index.otherSizeFrom) + " on the pictures are " +
                               std::to_string(index.otherWidth) + "x" + std::to_string(index.otherHeight) +
                               "; they are scaled to the size the clip begins with.");
    }
    if (index.hasRepairedTimes) {
        scan.remarks.push_back(
            "Some frames had missing or repeated times; these were made up from their neighbours.");
    }
    // What a container states counts packets: an edit list may leave some of them out, and not all of them are shown.
    std::int64_t claimed = info.header.frameCount;
    if (info.header.isFrameCountStated) {
        claimed =
            std::max<std::int64_t>(0, claimed - (static_cast<std::int64_t>(index.packets.size()) - scan.frameCount));
    }
    // A duration may be that of the sound, which often outlasts the pictures a little.
    const auto slack = info.header.isFrameCountStated ? std::int64_t{2} : std::llround(info.header.frameRate.value());
    const bool isShort = claimed > 0 && scan.frameCount < claimed - std::max<std::int64_t>({2, slack, claimed / 100});
    if (index.endsEarly || isShort) {
        scan.remarks.push_back("The file ends early: " + std::to_string(scan.frameCount) + " frames can be read" +
                               (isShort ? ", its header promises " + std::to_string(claimed) + "." : "."));
    }
}

void remarkHeader(video::ClipInfo& info, bool isSequence)
{
    auto& remarks = info.scan->remarks;
    const video::ClipHeader& header = info.header;
    if (info.isInterlaced()) {
        remarks.push_back("The footage is interlaced: choose \"deinterlace\" for the best result.");
    }
    if (header.colour.matrix == video::Matrix::kUnspecified && !header.pixelFormat.starts_with("gray") &&
        header.pixelFormat.starts_with("yuv") && !isSequence) {
        const auto tags = video::effectiveTags(header.colour, header.width, header.height, true);
        remarks.push_back("The colours are not tagged; " + video::tagsText(tags) + " is assumed for viewing.");
    }
    if (info.scan->longestGop > 300) {
        remarks.push_back("Key frames are up to " + std::to_string(info.scan->longestGop) +
                          " frames apart, so jumping to a frame takes longer.");
    }
    if (isSequence && !(info.scan->frameCount == 1)) {
        remarks.push_back(
            "Numbered pictures carry no frame rate; " + rateText(header.frameRate.value()) + " fps is assumed.");
    }
}

// Tells before anything runs what reading would stumble over.
void remarkSizes(video::ClipInfo& info, const Sequence& sequence)
{
    const PictureSize expected{info.header.width, info.header.height};
    std::vector<std::int64_t> others; // their numbers in the files' names
    PictureSize other;
    for (const std::int64_t number : sequence.numbers) {
        const auto size = pictureSize(sequence.numberedPath(number));
        if (size && *size != expected) {
            others.push_back(number);
            info.scan->oddFrames.push_back((number - sequence.numbers.front()) / sequence.step);
            other = *size;
        }
    }
    if (!others.empty()) {
        const bool isOne = others.size() == 1;
        info.scan->remarks.push_back((isOne ? "Picture " : "Pictures ") + listText(others) +
                                     (isOne ? " has another size (" : " have another size (") +
                                     std::to_string(other.width) + "x" + std::to_string(other.height) +
                                     "); the clip cannot be read beyond.");
    }
}

bool isWorthChecking(DamageCheck check, const video::ClipHeader& header, const PacketIndex& index)
{
    constexpr double kFewSeconds = 1e9; // pixels
    const double pixels = static_cast<double>(index.frames.size()) * header.width * header.height;
    return check == DamageCheck::kAlways || (check == DamageCheck::kShort && pixels <= kFewSeconds);
}

} // namespace

void describeScan(video::ClipInfo& info, const PacketIndex& index, const ClipFile& clip)
{
    video::ClipScan scan;
    scan.frameCount = static_cast<std::int64_t>(index.frames.size());
    findRate(scan, index, info.header.frameRate);
    scan.durationSeconds =
        static_cast<double>(index.frames.back().pts + index.lastDuration - index.frames.front().pts) *
        index.timeBase.value();
    std::int64_t sinceKey = 0;
    for (const PacketIndex::Packet& packet : index.packets) {
        if (packet.isKey) {
            ++scan.keyFrameCount;
            sinceKey = 0;
        }
        scan.longestGop = std::max(scan.longestGop, ++sinceKey);
    }
    const bool isSequence = clip.sequence && !clip.isStill;
    if (isSequence) {
        scan.missingFrames = clip.sequence->holes();
    }
    scan.wasChecked = index.wasChecked;
    for (std::size_t i = 0; i < index.frames.size(); ++i) {
        // A hole of a sequence is missing, not damaged.
        if (index.frames[i].isBroken && !(isSequence && clip.sequence->isHole(static_cast<std::int64_t>(i)))) {
            scan.damagedFrames.push_back(static_cast<std::int64_t>(i));
        }
    }
    info.scan = std::move(scan);
    remarkDamage(info, index);
    remarkRate(*info.scan, index);
    remarkHeader(info, isSequence);
    if (isSequence) {
        remarkSizes(info, *clip.sequence);
    }
}

video::ClipInfo probe(const std::filesystem::path& path, const ProbeOptions& options)
{
    ClipFile clip = openClip(path, options.sequenceRate, options.control);
    if (options.scan) {
        PacketIndex index = indexOf(clip, options.control, options.progress, options.useCache);
        if (!index.wasChecked && isWorthChecking(options.check, clip.info.header, index)) {
            checkFrames(clip, index, options.control, options.progress, options.useCache);
        }
        describeScan(clip.info, index, clip);
    }
    return std::move(clip.info);
}

} // namespace reelmend::media
