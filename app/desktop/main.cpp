#include <QApplication>
#include <QCommandLineParser>
#include <QLibraryInfo>
#include <QTimer>
#include <QTranslator>

#include "app/desktop/main_window.h"
#include "app/desktop/screenshot.h"
#include "app/desktop/workbench.h"
#include "ui/style/style.h"

namespace {

using namespace reelmend;

// The later one is asked first: English plurals, Qt's own words, ours.
void loadTranslations(QApplication& application)
{
    if (QLocale().language() == QLocale::C) {
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedKingdom));
    }
    const auto install = [&application](const auto&... source) {
        auto* translator = new QTranslator(&application);
        if (translator->load(source...)) {
            QApplication::installTranslator(translator);
        }
    };
    install(QStringLiteral(":/i18n/reelmend_en.qm"));
    install(
        QLocale(), QStringLiteral("qtbase"), QStringLiteral("_"), QLibraryInfo::path(QLibraryInfo::TranslationsPath));
    install(QLocale(), QStringLiteral("reelmend"), QStringLiteral("_"), QStringLiteral(":/i18n"));
}

} // namespace

int main(int argc, char* argv[])
{
    QApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("reelmend"));
    QApplication::setApplicationDisplayName(QStringLiteral("Reelmend"));
    QApplication::setApplicationVersion(QStringLiteral(REELMEND_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("reelmend"));
    loadTranslations(application);

    QCommandLineParser parser;
    parser.setApplicationDescription(
        QCoreApplication::translate("main", "Enhances video on your own machine. Give it a clip, or drop one."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("clip"),
        QCoreApplication::translate(
            "main", "A clip, a folder of numbered pictures, or a pattern like name.%04d.png."),
        QStringLiteral("[clip]"));
    desktop::Screenshot::addOptions(parser);
    parser.process(application);

    ui::session::Settings settings;
    application.setProperty("reduceMotion", settings.reduceMotion());
    desktop::Screenshot screenshot(parser);
    ui::style::applyTheme(application, screenshot.theme().value_or(static_cast<ui::style::Theme>(settings.theme())));
    application.setWindowIcon(QIcon(QStringLiteral(":/reelmend/app/reelmend.svg")));

    desktop::Workbench workbench(settings);
    desktop::MainWindow window(workbench);
    window.show();
    screenshot.follow(window, workbench);
    // The window first: the engine, the clip and all that reads files wait until it is painted.
    QTimer::singleShot(0, &window, [&] {
        workbench.engine().start();
        if (!parser.positionalArguments().isEmpty()) {
            workbench.open(parser.positionalArguments().constFirst());
        }
    });
    return QApplication::exec();
}
