#include "app/cli/clip_report.h"

#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/time.h"

namespace reelmend::cli {

using nlohmann::json;

namespace {

std::string counted(std::int64_t frames)
{
    return std::to_string(frames) + (frames == 1 ? " frame" : " frames");
}

const char* kindText(video::StreamKind kind)
{
    switch (kind) {
    case video::StreamKind::kVideo:
        return "video";
    case video::StreamKind::kAudio:
        return "audio";
    case video::StreamKind::kSubtitle:
        return "subtitle";
    case video::StreamKind::kAttachment:
        return "attachment";
    case video::StreamKind::kTimecode:
        return "timecode";
    case video::StreamKind::kData:
        break;
    }
    return "data";
}

const char* fieldText(video::FieldOrder order)
{
    switch (order) {
    case video::FieldOrder::kProgressive:
        return "progressive";
    case video::FieldOrder::kTopFirst:
        return "top-first";
    case video::FieldOrder::kBottomFirst:
        return "bottom-first";
    case video::FieldOrder::kUnknown:
        break;
    }
    return "unknown";
}

json rationalJson(base::Rational value)
{
    return json::array({value.num, value.den});
}

json streamsJson(const std::vector<video::StreamInfo>& streams)
{
    json list = json::array();
    for (const video::StreamInfo& stream : streams) {
        list.push_back({{"index", stream.index}, {"kind", kindText(stream.kind)}, {"codec", stream.codec},
            {"language", stream.language}, {"summary", stream.summary}, {"picture", stream.isPicture}});
    }
    return list;
}

json headerJson(const video::ClipHeader& header)
{
    return {{"container", header.container}, {"codec", header.codec}, {"pixelFormat", header.pixelFormat},
        {"width", header.width}, {"height", header.height}, {"bitDepth", header.bitDepth}, {"alpha", header.hasAlpha},
        {"float", header.isFloat},
        {"colour",
            {{"primaries", static_cast<int>(header.colour.primaries)},
                {"transfer", static_cast<int>(header.colour.transfer)},
                {"matrix", static_cast<int>(header.colour.matrix)}, {"range", static_cast<int>(header.colour.range)},
                {"chromaPlace", static_cast<int>(header.colour.chromaPlace)}, {"text", tagsText(header.colour)}}},
        {"pixelAspect", rationalJson(header.pixelAspect)}, {"rotation", header.rotationDegrees},
        {"fieldOrder", fieldText(header.fieldOrder)}, {"frameRate", rationalJson(header.frameRate)},
        {"seconds", header.durationSeconds}, {"frames", header.frameCount}, {"timecode", header.timecode},
        {"streams", streamsJson(header.streams)}, {"chapters", header.chapterCount}};
}

json scanJson(const video::ClipScan& scan)
{
    return {{"frames", scan.frameCount}, {"variableRate", scan.hasVariableRate},
        {"frameRate", rationalJson(scan.frameRate)}, {"seconds", scan.durationSeconds},
        {"keyFrames", scan.keyFrameCount}, {"longestGop", scan.longestGop}, {"missing", scan.missingFrames},
        {"checked", scan.wasChecked}, {"damaged", scan.damagedFrames}, {"remarks", scan.remarks}};
}

std::string rateText(base::Rational rate, bool isVariable)
{
    if (!rate.isPositive()) {
        return "frame rate not known";
    }
    char text[64];
    std::snprintf(text, sizeof text, "%.6g fps%s", rate.value(), isVariable ? " on average (variable)" : "");
    return text;
}

std::string lengthText(double seconds)
{
    if (seconds >= 10) {
        return base::durationText(seconds);
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.3g s", seconds);
    return text;
}

} // namespace

json clipJson(const video::ClipInfo& info)
{
    json scan; // null = only the header was read
    if (info.scan) {
        scan = scanJson(*info.scan);
    }
    return {{"path", info.path}, {"width", info.displayWidth()}, {"height", info.displayHeight()},
        {"frames", info.frameCount()}, {"frameRate", rationalJson(info.frameRate())}, {"sequence", info.isSequence()},
        {"header", headerJson(info.header)}, {"scan", std::move(scan)}};
}

std::string clipText(const video::ClipInfo& info)
{
    const video::ClipHeader& header = info.header;
    const double seconds = info.scan ? info.scan->durationSeconds : header.durationSeconds;
    std::string text = info.path + "\n";
    text += "  picture   " + std::to_string(info.displayWidth()) + "x" + std::to_string(info.displayHeight()) + ", " +
            rateText(info.frameRate(), info.scan && info.scan->hasVariableRate) + ", " + counted(info.frameCount()) +
            ", " + lengthText(seconds) + "\n";
    text += "  format    " + header.codec + " in " + header.container + ", " + header.pixelFormat + ", " +
            tagsText(header.colour) + "\n";
    if (header.width != info.displayWidth() || header.height != info.displayHeight()) {
        text += "  stored    " + std::to_string(header.width) + "x" + std::to_string(header.height) + ", turned by " +
                std::to_string(header.rotationDegrees) + " degrees, pixels " +
                std::to_string(header.pixelAspect.num) + ":" + std::to_string(header.pixelAspect.den) + "\n";
    }
    for (const video::StreamInfo& stream : header.streams) {
        if (stream.kind != video::StreamKind::kVideo || stream.isPicture) {
            text += "  also      " + std::string(kindText(stream.kind)) + " " + stream.codec +
                    (stream.summary.empty() ? "" : ", " + stream.summary) +
                    (stream.language.empty() ? "" : ", " + stream.language) + "\n";
        }
    }
    if (info.scan) {
        text += "  key frames " + std::to_string(info.scan->keyFrameCount) + ", longest distance " +
                counted(info.scan->longestGop) + "\n";
        for (const std::string& remark : info.scan->remarks) {
            text += "  note      " + remark + "\n";
        }
        if (!info.scan->wasChecked) {
            text += "  note      Damage inside frames was not looked for; --check decodes them all.\n";
        }
    }
    text.pop_back();
    return text;
}

} // namespace reelmend::cli
