#include "ui/session/recent_files.h"

#include <QLocale>

#include <algorithm>

#include "ui/session/settings.h"

namespace reelmend::ui::session {

RecentFiles::RecentFiles(Settings& settings, QObject* parent)
    : QObject(parent)
    , settings_(settings)
    , files_(settings.recentFiles())
{}

void RecentFiles::add(const QString& path, const ClipFacts& facts)
{
    files_.removeIf([&](const RecentFile& file) { return file.path == path; });
    files_.prepend({path, facts, QDateTime::currentDateTimeUtc()});
    files_.resize(std::min<qsizetype>(files_.size(), kMost));
    save();
}

void RecentFiles::remove(const QString& path)
{
    if (files_.removeIf([&](const RecentFile& file) { return file.path == path; }) > 0) {
        save();
    }
}

void RecentFiles::replace(const QString& path, const QString& found)
{
    files_.removeIf([&](const RecentFile& file) { return file.path == found; });
    for (RecentFile& file : files_) {
        if (file.path == path) {
            file.path = found;
        }
    }
    save();
}

void RecentFiles::clear()
{
    if (!files_.isEmpty()) {
        files_.clear();
        save();
    }
}

void RecentFiles::restore(const QVector<RecentFile>& files)
{
    for (const RecentFile& file : files) {
        const bool isThere = std::any_of(
            files_.cbegin(), files_.cend(), [&](const RecentFile& other) { return other.path == file.path; });
        if (!isThere && files_.size() < kMost) {
            files_.append(file);
        }
    }
    save();
}

void RecentFiles::save()
{
    settings_.setRecentFiles(files_);
    Q_EMIT changed();
}

QString dayText(const QDateTime& when, const QDateTime& now)
{
    const QDate day = when.toLocalTime().date();
    const QDate today = now.toLocalTime().date();
    if (day == today) {
        return RecentFiles::tr("Today");
    }
    if (day == today.addDays(-1)) {
        return RecentFiles::tr("Yesterday");
    }
    const QString format = day.year() == today.year() ? QStringLiteral("d MMM") : QStringLiteral("d MMM yyyy");
    return QLocale().toString(day, format);
}

QString momentText(const QDateTime& when, const QDateTime& now)
{
    const QDateTime local = when.toLocalTime();
    if (local.date() == now.toLocalTime().date()) {
        return RecentFiles::tr("today %1")
            .arg(QLocale().toString(
                local.time(), QLocale().timeFormat(QLocale::ShortFormat).remove(QStringLiteral(":ss"))));
    }
    if (local.date() == now.toLocalTime().date().addDays(-1)) {
        return RecentFiles::tr("yesterday");
    }
    return dayText(when, now);
}

} // namespace reelmend::ui::session
