#pragma once
#include <QMap>
#include <QString>

#include <optional>
#include <string>

#include "core/base/time.h"
#include "core/jobs/enhance_request.h"

namespace reelmend::ui::session {

enum class RangeChoice { kInToOut, kWholeClip };
enum class MaskKind { kNone, kPainted, kFile };

// The task panel's settings of one clip.
struct TaskSettings {
    jobs::Task task = jobs::Task::kInpaint;
    QString model = QStringLiteral("auto"); // or a model's name: "lite", "classical"
    int scale = 2;
    int strengthPercent = 100;
    int detailPercent = 50;   // for models that have such a dial
    bool deinterlace = false; // asked for interlaced clips alone
    jobs::Quality quality = jobs::Quality::kGood;
    RangeChoice range = RangeChoice::kInToOut;
    QString output; // chosen by the artist; empty = beside the source under the next version number

    bool operator==(const TaskSettings&) const = default;
};

// All that the artist decided about one clip: a value, saved per clip. The pixels of a painted mask travel beside it.
struct ClipSession {
    QString path;                          // absolute; of numbered pictures, the pattern
    std::optional<base::FrameRange> inOut; // none: the whole clip
    TaskSettings settings;
    MaskKind maskKind = MaskKind::kNone;
    QString maskFile; // with kFile
    qint64 frame = 0; // where the playhead was

    bool operator==(const ClipSession&) const = default;

    base::FrameRange range(qint64 frameCount) const; // in to out, within the clip
    // What the panel's choice amounts to: none for the whole clip, so that a request says so.
    std::optional<base::FrameRange> requestRange(qint64 frameCount) const;
};

std::string toJsonText(const ClipSession& session);
// What can be read; fields of another program version are left out. None when it is not a session at all.
std::optional<ClipSession> clipSessionFromJsonText(const std::string& text);

// Whether the task changes a marked part of the picture. Repairing may do without a mask.
bool usesMask(jobs::Task task);

// Words of the program, for file names and settings.
QString taskWord(jobs::Task task); // "upscale", "remove", "restore", …
QString maskKindWord(MaskKind kind);

} // namespace reelmend::ui::session
