#pragma once
#include <QByteArray>
#include <QSettings>
#include <QString>
#include <QVector>

#include "ui/session/recent_files.h"

namespace reelmend::ui::session {

enum class ThemeChoice { kDark, kLight, kSystem };
enum class SurroundChoice { kTheme, kBlack, kDark, kMid, kChecker };
enum class MaskColour { kRed, kCyan, kYellow }; // over the picture

// What the program remembers of a person's taste, in one file below the system's configuration folder. Unknown and
// damaged values fall back to the defaults. UI thread.
class Settings {
public:
    explicit Settings(const QString& file = defaultFile());
    static QString defaultFile();

    ThemeChoice theme() const;
    void setTheme(ThemeChoice theme);
    SurroundChoice surround() const;
    void setSurround(SurroundChoice surround);
    MaskColour maskColour() const;
    void setMaskColour(MaskColour colour);
    bool reduceMotion() const;
    void setReduceMotion(bool isReduced);
    QString enginePath() const; // empty: where it is found by itself
    void setEnginePath(const QString& path);
    QString folder() const; // of the last opened clip
    void setFolder(const QString& folder);
    QByteArray windowGeometry() const;
    void setWindowGeometry(const QByteArray& geometry);
    QByteArray splitterState() const; // of the editor
    void setSplitterState(const QByteArray& state);
    QVector<RecentFile> recentFiles() const;
    void setRecentFiles(const QVector<RecentFile>& files);

    // Seconds that a frame of a million pixels took for this kind of work ("inpaint/classical"), smoothed over the
    // runs so far; 0 = never measured on this machine.
    double secondsPerMegapixel(const QString& work) const;
    void addMeasurement(const QString& work, double secondsPerMegapixel);

private:
    mutable QSettings store_;
};

} // namespace reelmend::ui::session
