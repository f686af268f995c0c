#include "ui/session/settings.h"

#include <QFile>
#include <QLocale>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimeZone>

using namespace reelmend::ui::session;

class TestSettings : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { file_ = folder_.filePath(QStringLiteral("%1.ini").arg(++number_)); }

    void choicesAreRemembered();
    void damagedValuesAreDefaults();
    void recentFilesKeepTheirOrder();
    void recentFilesComeBack();
    void factsAreKeptAsNumbers();
    void measurementsAreSmoothed();
    void daysReadLikePeopleSayThem();

private:
    QTemporaryDir folder_;
    QString file_;
    int number_ = 0;
};

void TestSettings::choicesAreRemembered()
{
    {
        Settings settings(file_);
        QCOMPARE(settings.theme(), ThemeChoice::kDark);
        QCOMPARE(settings.surround(), SurroundChoice::kTheme);
        settings.setTheme(ThemeChoice::kLight);
        settings.setSurround(SurroundChoice::kChecker);
        QCOMPARE(settings.maskColour(), MaskColour::kRed);
        settings.setMaskColour(MaskColour::kYellow);
        settings.setEnginePath(QStringLiteral("/opt/é/reelmend-cli"));
        settings.setReduceMotion(true);
    }
    Settings settings(file_);
    QCOMPARE(settings.theme(), ThemeChoice::kLight);
    QCOMPARE(settings.surround(), SurroundChoice::kChecker);
    QCOMPARE(settings.maskColour(), MaskColour::kYellow);
    QCOMPARE(settings.enginePath(), QStringLiteral("/opt/é/reelmend-cli"));
    QVERIFY(settings.reduceMotion());
}

void TestSettings::damagedValuesAreDefaults()
{
    QFile file(file_);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("[look]\ntheme=plaid\n[recent]\nsize=-4\n[measured]\ninpaint_classical=abc\n\0\xff[[[");
    file.close();
    Settings settings(file_);
    QCOMPARE(settings.theme(), ThemeChoice::kDark);
    QVERIFY(settings.recentFiles().isEmpty());
    QCOMPARE(settings.secondsPerMegapixel(QStringLiteral("inpaint/classical")), 0.0);
}

void TestSettings::recentFilesKeepTheirOrder()
{
    Settings settings(file_);
    RecentFiles recent(settings);
    QSignalSpy changed(&recent, &RecentFiles::changed);
    for (int i = 0; i < RecentFiles::kMost + 3; ++i) {
        recent.add(QStringLiteral("/clips/日本語 %1.mp4").arg(i), {854, 480, {}, 0});
    }
    recent.add(QStringLiteral("/clips/日本語 5.mp4"), {1920, 1080, {}, 0});
    QCOMPARE(recent.files().size(), RecentFiles::kMost);
    QCOMPARE(recent.files().first().facts.width, 1920);
    QVERIFY(changed.count() > 0);

    RecentFiles again(settings);
    QCOMPARE(again.files().size(), recent.files().size());
    QCOMPARE(again.files().first().path, QStringLiteral("/clips/日本語 5.mp4"));
    again.replace(QStringLiteral("/clips/日本語 5.mp4"), QStringLiteral("/moved.mp4"));
    QCOMPARE(again.files().first().path, QStringLiteral("/moved.mp4"));
    again.remove(QStringLiteral("/moved.mp4"));
    QCOMPARE(again.files().size(), RecentFiles::kMost - 1);
    again.clear();
    QVERIFY(Settings(file_).recentFiles().isEmpty());
}

void TestSettings::recentFilesComeBack()
{
    Settings settings(file_);
    RecentFiles recent(settings);
    recent.add(QStringLiteral("/a.mp4"), {});
    recent.add(QStringLiteral("/b.mp4"), {});
    const auto before = recent.files();
    recent.clear();
    recent.restore(before);
    QCOMPARE(recent.files(), before);
    recent.clear();
    recent.add(QStringLiteral("/a.mp4"), {}); // opened meanwhile
    recent.restore(before);
    QCOMPARE(recent.files().size(), 2);
    QCOMPARE(recent.files().first().path, QStringLiteral("/a.mp4"));
    QCOMPARE(Settings(file_).recentFiles().size(), 2);
}

void TestSettings::factsAreKeptAsNumbers()
{
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedKingdom));
    const ClipFacts facts{1920, 1080, {30000, 1001}, 150};
    Settings settings(file_);
    RecentFiles(settings).add(QStringLiteral("/a.mp4"), facts);
    QCOMPARE(Settings(file_).recentFiles().first().facts, facts);
    QVERIFY(factsText(facts).contains(QStringLiteral("29.97 fps")));
    QLocale::setDefault(QLocale(QLocale::German, QLocale::Germany));
    QVERIFY(factsText(facts).contains(QStringLiteral("29,97 fps")));

    QFile old(folder_.filePath(QStringLiteral("old.ini"))); // of a program that kept the text
    QVERIFY(old.open(QIODevice::WriteOnly));
    old.write("[recent]\n1\\path=/a.mp4\n1\\facts=\"854 x 480, 132 Bilder\"\n"
              "1\\opened=2026-11-21T05:14:03Z\nsize=1\n");
    old.close();
    const auto files = Settings(old.fileName()).recentFiles();
    QCOMPARE(files.size(), 1);
    QCOMPARE(factsText(files.first().facts), QString());
}

void TestSettings::measurementsAreSmoothed()
{
    Settings settings(file_);
    const QString work = QStringLiteral("inpaint/classical");
    settings.addMeasurement(work, 0.4);
    QCOMPARE(settings.secondsPerMegapixel(work), 0.4);
    settings.addMeasurement(work, 0.6);
    QCOMPARE(settings.secondsPerMegapixel(work), 0.5);
    settings.addMeasurement(work, -1);
    settings.addMeasurement(work, qInf());
    QCOMPARE(settings.secondsPerMegapixel(work), 0.5);
}

void TestSettings::daysReadLikePeopleSayThem()
{
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedKingdom));
    const QDateTime now(QDate(2026, 11, 21), QTime(12, 0));
    QCOMPARE(dayText(now.addSecs(-3600), now), QStringLiteral("Today"));
    QCOMPARE(dayText(now.addDays(-1), now), QStringLiteral("Yesterday"));
    QCOMPARE(dayText(now.addDays(-3), now), QStringLiteral("18 Nov"));
    QCOMPARE(dayText(now.addYears(-2), now), QStringLiteral("21 Nov 2024"));
    QVERIFY(momentText(now.addSecs(-7080), now).startsWith(QStringLiteral("today 10:02")));
}

QTEST_GUILESS_MAIN(TestSettings)
#include "test_settings.moc"
