#include "ui/session/output_name.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QStandardPaths>

#include <algorithm>

#include "ui/session/clip_session.h"
#include "ui/session/job.h"

namespace reelmend::ui::session {

namespace {

// The place of the number in a pattern: "%05d", "%d".
const QRegularExpression& numberPlace()
{
    static const QRegularExpression kPlace(QStringLiteral("%(?:0?(\\d{1,2})d|d(?![A-Za-z]))"));
    return kPlace;
}

bool isPattern(const QString& path)
{
    return QFileInfo(path).fileName().contains(numberPlace());
}

// Beside the clip; beside the folder of numbered pictures.
QDir besideClip(const QString& input)
{
    const QDir folder = QFileInfo(input).dir();
    return isPattern(input) ? QFileInfo(folder.path()).dir() : folder;
}

} // namespace

QString clipStem(const QString& input)
{
    static const QRegularExpression kSeparators(QStringLiteral("^[._ -]+|[._ -]+$"));
    const QFileInfo file(input);
    QString stem = file.completeBaseName();
    if (!isPattern(input)) {
        return stem;
    }
    const QString folder = file.dir().dirName();
    stem = stem.remove(numberPlace()).remove(kSeparators);
    if (stem.isEmpty() || folder.contains(stem, Qt::CaseInsensitive)) {
        return folder;
    }
    return stem.contains(folder, Qt::CaseInsensitive) ? stem : folder + u'_' + stem;
}

QString clipName(const QString& path)
{
    const QFileInfo file(path);
    QString name = file.fileName();
    const QRegularExpressionMatch place = numberPlace().match(name);
    if (!place.hasMatch()) {
        return name;
    }
    const int digits = std::max(place.captured(1).toInt(), 1);
    name.replace(place.capturedStart(), place.capturedLength(), QString(digits, u'#'));
    const QString folder = file.dir().dirName();
    return folder.isEmpty() ? name : folder + u'/' + name;
}

QString outputName(const QString& input, jobs::Task task, jobs::Quality quality, int version)
{
    static const QStringList kMp4Family{QStringLiteral("mp4"), QStringLiteral("mov"), QStringLiteral("m4v")};
    const QFileInfo file(input);
    const QString suffix = file.suffix().toLower();
    // MP4 holds neither FFV1 nor the sound formats of Matroska, WebM, AVI and Windows Media.
    const bool isMp4 = quality != jobs::Quality::kLossless && (kMp4Family.contains(suffix) || isPattern(input));
    return besideClip(input).filePath(QStringLiteral("%1_%2_v%3.%4")
                                          .arg(clipStem(input), taskWord(task), QString::number(version),
                                              isMp4 ? QStringLiteral("mp4") : QStringLiteral("mkv")));
}

namespace {

// Beside the clip, else among its pictures; from a card or an archive that cannot be written, the person's own folder
// for films.
QDir outputFolder(const QString& input)
{
    for (const QDir& folder : {besideClip(input), QFileInfo(input).dir()}) {
        if (QFileInfo(folder.path()).isWritable()) {
            return folder;
        }
    }
    const QDir movies(QStandardPaths::writableLocation(QStandardPaths::MoviesLocation));
    return movies.exists() ? movies : QDir::home();
}

} // namespace

QString nextOutputName(const QString& input, jobs::Task task, jobs::Quality quality, int atLeast)
{
    int highest = std::max(atLeast - 1, 0);
    const QString start = clipStem(input) + u'_';
    const QDir folder = outputFolder(input);
    for (const QString& name : folder.entryList(QDir::Files | QDir::Hidden)) {
        if (name.startsWith(start)) {
            highest = std::max(highest, versionOf(name));
        }
    }
    return folder.filePath(QFileInfo(outputName(input, task, quality, highest + 1)).fileName());
}

} // namespace reelmend::ui::session
