#include "ui/session/clip_session.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace reelmend::ui::session {

using Json = nlohmann::json;

namespace {

constexpr int kVersion = 1;

// Reads `field` into `target` when it is there and of the right type.
template <class T> void read(const Json& json, const char* field, T& target)
{
    const auto found = json.find(field);
    if (found == json.end()) {
        return;
    }
    if constexpr (std::is_same_v<T, QString>) {
        if (found->is_string()) {
            target = QString::fromStdString(found->template get<std::string>());
        }
    } else if constexpr (std::is_same_v<T, bool>) {
        target = found->is_boolean() ? found->template get<bool>() : target;
    } else if (found->is_number_integer()) {
        target = found->template get<T>();
    }
}

std::string wordOf(const Json& json, const char* field)
{
    QString text;
    read(json, field, text);
    return text.toStdString();
}

Json toJson(const TaskSettings& settings)
{
    return {{"task", jobs::taskName(settings.task)}, {"model", settings.model.toStdString()},
        {"scale", settings.scale}, {"strength", settings.strengthPercent}, {"detail", settings.detailPercent},
        {"deinterlace", settings.deinterlace}, {"quality", jobs::qualityName(settings.quality)},
        {"range", settings.range == RangeChoice::kWholeClip ? "clip" : "in-out"},
        {"output", settings.output.toStdString()}};
}

TaskSettings settingsFromJson(const Json& json)
{
    TaskSettings settings;
    settings.task = jobs::taskFromName(wordOf(json, "task")).value_or(settings.task);
    read(json, "model", settings.model);
    read(json, "scale", settings.scale);
    settings.scale = settings.scale == 4 ? 4 : 2;
    read(json, "strength", settings.strengthPercent);
    settings.strengthPercent = std::clamp(settings.strengthPercent, 0, 100);
    read(json, "detail", settings.detailPercent);
    settings.detailPercent = std::clamp(settings.detailPercent, 0, 100);
    read(json, "deinterlace", settings.deinterlace);
    settings.quality = jobs::qualityFromName(wordOf(json, "quality")).value_or(settings.quality);
    settings.range = wordOf(json, "range") == "clip" ? RangeChoice::kWholeClip : RangeChoice::kInToOut;
    read(json, "output", settings.output);
    return settings;
}

} // namespace

base::FrameRange ClipSession::range(qint64 frameCount) const
{
    const base::FrameRange whole{0, frameCount};
    if (!inOut) {
        return whole;
    }
    const base::FrameRange inside = inOut->intersected(whole);
    return inside.empty() ? whole : inside;
}

std::optional<base::FrameRange> ClipSession::requestRange(qint64 frameCount) const
{
    const base::FrameRange chosen = range(frameCount);
    if (settings.range == RangeChoice::kWholeClip || chosen.size() == frameCount) {
        return std::nullopt;
    }
    return chosen;
}

bool usesMask(jobs::Task task)
{
    return task == jobs::Task::kInpaint || task == jobs::Task::kHarmonise || task == jobs::Task::kRepair;
}

QString taskWord(jobs::Task task)
{
    switch (task) {
    case jobs::Task::kUpscale:
        return QStringLiteral("upscale");
    case jobs::Task::kInpaint:
        return QStringLiteral("remove");
    case jobs::Task::kRepair:
        return QStringLiteral("repair");
    case jobs::Task::kHarmonise:
        return QStringLiteral("match");
    case jobs::Task::kRestore:
        return QStringLiteral("restore");
    }
    return {};
}

QString maskKindWord(MaskKind kind)
{
    switch (kind) {
    case MaskKind::kNone:
        return QStringLiteral("none");
    case MaskKind::kPainted:
        return QStringLiteral("painted");
    case MaskKind::kFile:
        return QStringLiteral("file");
    }
    return {};
}

std::string toJsonText(const ClipSession& session)
{
    Json json{{"version", kVersion}, {"path", session.path.toStdString()}, {"settings", toJson(session.settings)},
        {"mask", maskKindWord(session.maskKind).toStdString()}, {"maskFile", session.maskFile.toStdString()},
        {"frame", session.frame}};
    if (session.inOut) {
        json["inOut"] = {session.inOut->begin, session.inOut->end};
    }
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::optional<ClipSession> clipSessionFromJsonText(const std::string& text)
{
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || wordOf(json, "path").empty()) {
        return std::nullopt;
    }
    ClipSession session;
    read(json, "path", session.path);
    const auto settings = json.find("settings");
    if (settings != json.end() && settings->is_object()) {
        session.settings = settingsFromJson(*settings);
    }
    const std::string mask = wordOf(json, "mask");
    session.maskKind = mask == "painted" ? MaskKind::kPainted : mask == "file" ? MaskKind::kFile : MaskKind::kNone;
    read(json, "maskFile", session.maskFile);
    read(json, "frame", session.frame);
    const auto inOut = json.find("inOut");
    if (inOut != json.end() && inOut->is_array() && inOut->size() == 2 && (*inOut)[0].is_number_integer() &&
        (*inOut)[1].is_number_integer()) {
        session.inOut = base::FrameRange{(*inOut)[0].get<std::int64_t>(), (*inOut)[1].get<std::int64_t>()};
    }
    return session;
}

} // namespace reelmend::ui::session
