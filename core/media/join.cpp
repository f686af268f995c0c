#include "core/media/join.h"

#include "core/media/carry_span.h"
#include "core/media/clip_file.h"
#include "core/media/join_file.h"
#include "core/media/join_sequence.h"
#include "core/media/sequence.h"

namespace reelmend::media {

namespace fs = std::filesystem;

std::vector<CarryItem> joinSegments(
    const std::vector<fs::path>& segments, const fs::path& output, const JoinSettings& settings)
{
    quietFfmpeg();
    if (segments.empty()) {
        throw base::Error(base::ErrorKind::kUsage, quoted(output) + " cannot be written.", "There are no segments.");
    }
    if (parsePattern(output) && pictureCodec(output) != AV_CODEC_ID_NONE) {
        joinSequences(segments, output, settings);
        return settings.carryFrom ? planCarry(*settings.carryFrom, output, settings.range) : std::vector<CarryItem>{};
    }
    return joinFile(segments, output, settings);
}

std::vector<CarryItem> planCarry(
    const fs::path& source, const fs::path& output, const std::optional<base::FrameRange>& range)
{
    quietFfmpeg();
    if (namesSequence(source) || pictureCodec(source) != AV_CODEC_ID_NONE) {
        return {};
    }
    const ClipFile clip = openClip(source, {24, 1}, nullptr);
    CarrySpan span;
    if (range) {
        span = carrySpan(*clip.input, indexOf(clip, nullptr, {}, true), range);
    }
    return makeCarryPlan(source, *clip.input, clip.stream, output, span).items;
}

} // namespace reelmend::media
