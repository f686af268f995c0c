#include "ui/session/settings.h"

#include <QStandardPaths>

#include <array>
#include <utility>

namespace reelmend::ui::session {

namespace {

constexpr std::array kThemes{std::pair{ThemeChoice::kDark, "dark"}, std::pair{ThemeChoice::kLight, "light"},
    std::pair{ThemeChoice::kSystem, "system"}};
constexpr std::array kSurrounds{std::pair{SurroundChoice::kTheme, "theme"},
    std::pair{SurroundChoice::kBlack, "black"}, std::pair{SurroundChoice::kDark, "dark"},
    std::pair{SurroundChoice::kMid, "mid"}, std::pair{SurroundChoice::kChecker, "checker"}};
constexpr std::array kMaskColours{std::pair{MaskColour::kRed, "red"}, std::pair{MaskColour::kCyan, "cyan"},
    std::pair{MaskColour::kYellow, "yellow"}};

// The first entry is the default.
template <class Table> auto choiceOf(const Table& table, const QString& word)
{
    for (const auto& [choice, name] : table) {
        if (word == QLatin1String(name)) {
            return choice;
        }
    }
    return table.front().first;
}

template <class Table, class Choice> QString wordOf(const Table& table, Choice wanted)
{
    for (const auto& [choice, name] : table) {
        if (choice == wanted) {
            return QString::fromLatin1(name);
        }
    }
    return {};
}

QString measurementKey(const QString& work)
{
    return QStringLiteral("measured/") + QString(work).replace(u'/', u'_');
}

// Those of an older program, a text in the language of its day, are not read.
ClipFacts factsFrom(const QSettings& store)
{
    ClipFacts facts;
    facts.width = store.value(QStringLiteral("width")).toInt();
    facts.height = store.value(QStringLiteral("height")).toInt();
    facts.frameRate.num = store.value(QStringLiteral("rate")).toLongLong();
    facts.frameRate.den = store.value(QStringLiteral("rateBase"), 1).toLongLong();
    facts.frameCount = store.value(QStringLiteral("frames")).toLongLong();
    return facts;
}

void writeFacts(QSettings& store, const ClipFacts& facts)
{
    store.setValue(QStringLiteral("width"), facts.width);
    store.setValue(QStringLiteral("height"), facts.height);
    store.setValue(QStringLiteral("rate"), QVariant::fromValue<qlonglong>(facts.frameRate.num));
    store.setValue(QStringLiteral("rateBase"), QVariant::fromValue<qlonglong>(facts.frameRate.den));
    store.setValue(QStringLiteral("frames"), facts.frameCount);
}

} // namespace

Settings::Settings(const QString& file)
    : store_(file, QSettings::IniFormat)
{}

QString Settings::defaultFile()
{
    return QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) +
           QStringLiteral("/reelmend/reelmend.ini");
}

ThemeChoice Settings::theme() const
{
    return choiceOf(kThemes, store_.value(QStringLiteral("look/theme")).toString());
}

void Settings::setTheme(ThemeChoice theme)
{
    store_.setValue(QStringLiteral("look/theme"), wordOf(kThemes, theme));
}

SurroundChoice Settings::surround() const
{
    return choiceOf(kSurrounds, store_.value(QStringLiteral("look/surround")).toString());
}

void Settings::setSurround(SurroundChoice surround)
{
    store_.setValue(QStringLiteral("look/surround"), wordOf(kSurrounds, surround));
}

MaskColour Settings::maskColour() const
{
    return choiceOf(kMaskColours, store_.value(QStringLiteral("look/maskColour")).toString());
}

void Settings::setMaskColour(MaskColour colour)
{
    store_.setValue(QStringLiteral("look/maskColour"), wordOf(kMaskColours, colour));
}

bool Settings::reduceMotion() const
{
    return store_.value(QStringLiteral("look/reduceMotion"), false).toBool();
}

void Settings::setReduceMotion(bool isReduced)
{
    store_.setValue(QStringLiteral("look/reduceMotion"), isReduced);
}

QString Settings::enginePath() const
{
    return store_.value(QStringLiteral("engine/path")).toString();
}

void Settings::setEnginePath(const QString& path)
{
    store_.setValue(QStringLiteral("engine/path"), path);
}

QString Settings::folder() const
{
    const QString folder = store_.value(QStringLiteral("files/folder")).toString();
    return folder.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::MoviesLocation) : folder;
}

void Settings::setFolder(const QString& folder)
{
    store_.setValue(QStringLiteral("files/folder"), folder);
}

QByteArray Settings::windowGeometry() const
{
    return store_.value(QStringLiteral("window/geometry")).toByteArray();
}

void Settings::setWindowGeometry(const QByteArray& geometry)
{
    store_.setValue(QStringLiteral("window/geometry"), geometry);
}

QByteArray Settings::splitterState() const
{
    return store_.value(QStringLiteral("window/splitter")).toByteArray();
}

void Settings::setSplitterState(const QByteArray& state)
{
    store_.setValue(QStringLiteral("window/splitter"), state);
}

QVector<RecentFile> Settings::recentFiles() const
{
    QVector<RecentFile> files;
    const int count = store_.beginReadArray(QStringLiteral("recent"));
    for (int i = 0; i < count && i < RecentFiles::kMost; ++i) {
        store_.setArrayIndex(i);
        const QString path = store_.value(QStringLiteral("path")).toString();
        if (!path.isEmpty()) {
            files.append({path, factsFrom(store_),
                QDateTime::fromString(store_.value(QStringLiteral("opened")).toString(), Qt::ISODate)});
        }
    }
    store_.endArray();
    return files;
}

void Settings::setRecentFiles(const QVector<RecentFile>& files)
{
    store_.remove(QStringLiteral("recent"));
    store_.beginWriteArray(QStringLiteral("recent"), static_cast<int>(files.size()));
    for (int i = 0; i < files.size(); ++i) {
        store_.setArrayIndex(i);
        store_.setValue(QStringLiteral("path"), files[i].path);
        writeFacts(store_, files[i].facts);
        store_.setValue(QStringLiteral("opened"), files[i].opened.toUTC().toString(Qt::ISODate));
    }
    store_.endArray();
}

double Settings::secondsPerMegapixel(const QString& work) const
{
    const double seconds = store_.value(measurementKey(work)).toDouble();
    return seconds > 0 && seconds < 1e6 ? seconds : 0;
}

void Settings::addMeasurement(const QString& work, double secondsPerMegapixel)
{
    if (!(secondsPerMegapixel > 0 && secondsPerMegapixel < 1e6)) {
        return;
    }
    const double before = this->secondsPerMegapixel(work);
    store_.setValue(measurementKey(work), before > 0 ? 0.5 * (before + secondsPerMegapixel) : secondsPerMegapixel);
}

} // namespace reelmend::ui::session
