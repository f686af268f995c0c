#include "ui/session/output_name.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QStandardPaths>

#include <algorithm>

#include "ui/session/clip_session.h"
#include "ui/session/job.h"

namespace reelmend::ui::session {

QString clipStem(const QString& input)
{
    static const QRegularExpression kPattern(QStringLiteral("[._-]*(%0?\\d*d|#+)$"));
    const QFileInfo file(input);
    QString stem = file.completeBaseName();
    stem.remove(kPattern);
    return stem.isEmpty() ? file.dir().dirName() : stem;
}

QString outputName(const QString& input, jobs::Task task, jobs::Quality quality, int version)
{
    static const QStringList kMp4Family{QStringLiteral("mp4"), QStringLiteral("mov"), QStringLiteral("m4v")};
    const QFileInfo file(input);
    const QString suffix = file.suffix().toLower();
    // MP4 holds neither FFV1 nor the sound formats of Matroska, WebM, AVI and Windows Media.
    const bool isMp4 = quality != jobs::Quality::kLossless && (kMp4Family.contains(suffix) || input.contains(u'%'));
    return file.dir().filePath(QStringLiteral("%1_%2_v%3.%4")
                                   .arg(clipStem(input), taskWord(task), QString::number(version),
                                       isMp4 ? QStringLiteral("mp4") : QStringLiteral("mkv")));
}

namespace {

// Beside the clip; from a card or an archive that cannot be written, the person's own folder for films.
QDir outputFolder(const QString& input)
{
    const QDir beside = QFileInfo(input).dir();
    if (QFileInfo(beside.path()).isWritable()) {
        return beside;
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
