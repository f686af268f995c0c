#pragma once
#include <QDateTime>
#include <QObject>
#include <QString>
#include <QVector>

#include "ui/session/clip_facts.h"

namespace reelmend::ui::session {

class Settings;

struct RecentFile {
    QString path;
    ClipFacts facts; // as they were when it was open last
    QDateTime opened;

    bool operator==(const RecentFile&) const = default;
};

// The clips that were open last, newest first, kept in the settings. UI thread.
class RecentFiles : public QObject {
    Q_OBJECT

public:
    static constexpr int kMost = 12;

    explicit RecentFiles(Settings& settings, QObject* parent = nullptr);

    const QVector<RecentFile>& files() const { return files_; }
    void add(const QString& path, const ClipFacts& facts); // moves it to the front
    void remove(const QString& path);
    void replace(const QString& path, const QString& found); // a file that was moved
    void clear();
    void restore(const QVector<RecentFile>& files); // behind what is there

Q_SIGNALS:
    void changed();

private:
    void save();

    Settings& settings_;
    QVector<RecentFile> files_;
};

// "Today", "Yesterday", "18 Nov", "18 Nov 2024": a day as lists show it.
QString dayText(const QDateTime& when, const QDateTime& now);
// The same with the time of day where it is today's: "today 10:02", "yesterday".
QString momentText(const QDateTime& when, const QDateTime& now);

} // namespace reelmend::ui::session
