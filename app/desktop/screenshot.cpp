#include "app/desktop/screenshot.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QFile>
#include <QTimer>

#include <time.h>
#include <unistd.h>

#include <cstdio>

#include "app/desktop/editor_page.h"
#include "app/desktop/main_window.h"
#include "app/desktop/workbench.h"
#include "ui/viewer/viewer.h"

namespace reelmend::desktop {

namespace {

constexpr int kSettleMilliseconds = 700; // thumbnails, hover and fades

// Since the kernel made the process: loading its libraries counts.
double secondsSinceProcessStart()
{
    QFile file(QStringLiteral("/proc/self/stat"));
    if (!file.open(QIODevice::ReadOnly)) {
        return 0;
    }
    const QByteArray stat = file.readAll();
    // Field 22, counted behind the name, which may contain spaces: start time in clock ticks after boot.
    const QList<QByteArray> fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec) -
           fields.value(19).toDouble() / static_cast<double>(sysconf(_SC_CLK_TCK));
}

} // namespace

void Screenshot::addOptions(QCommandLineParser& parser)
{
    const auto add = [&parser](const char* name, const char* value) {
        QCommandLineOption option(QString::fromLatin1(name), QString(), QString::fromLatin1(value));
        option.setFlags(QCommandLineOption::HiddenFromHelp);
        parser.addOption(option);
    };
    add("grab", "file");
    add("size", "WxH");
    add("theme", "dark|light");
    add("startup-time", "");
}

Screenshot::Screenshot(const QCommandLineParser& parser)
    : file_(parser.value(QStringLiteral("grab")))
    , printsStartupTime_(parser.isSet(QStringLiteral("startup-time")))
    , hasClip_(!parser.positionalArguments().isEmpty())
{
    const QStringList size = parser.value(QStringLiteral("size")).split(u'x');
    size_ = {size.value(0).toInt(), size.value(1).toInt()};
    const QString theme = parser.value(QStringLiteral("theme"));
    if (theme == u"light") {
        theme_ = ui::style::Theme::kLight;
    } else if (theme == u"dark") {
        theme_ = ui::style::Theme::kDark;
    }
}

void Screenshot::follow(MainWindow& window, Workbench& workbench)
{
    if (!size_.isEmpty()) {
        window.resize(size_);
    }
    if (printsStartupTime_) {
        window.installEventFilter(this);
    }
    if (file_.isEmpty()) {
        return;
    }
    if (hasClip_) {
        connect(&window.editor().viewer(), &ui::viewer::Viewer::framePainted, this,
            [this, &window, &workbench] { grabSoon(window, workbench); });
        connect(
            &workbench, &Workbench::openFailed, this, [this, &window, &workbench] { grabSoon(window, workbench); });
    } else {
        grabSoon(window, workbench);
    }
}

void Screenshot::grabSoon(MainWindow& window, Workbench& workbench)
{
    const auto state = workbench.engine().state();
    if (state == ui::session::EngineClient::State::kOff || state == ui::session::EngineClient::State::kStarting) {
        connect(
            &workbench.engine(), &ui::session::EngineClient::stateChanged, this,
            [this, &window, &workbench] { grabSoon(window, workbench); }, Qt::SingleShotConnection);
        return;
    }
    QTimer::singleShot(kSettleMilliseconds, this, [this, &window] {
        const bool isSaved = window.grab().save(file_);
        QApplication::exit(isSaved ? 0 : 1);
    });
}

bool Screenshot::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Paint) {
        watched->removeEventFilter(this);
        QTimer::singleShot(0, this, [] { // the paint is on the screen
            std::printf("%.0f ms\n", 1000 * secondsSinceProcessStart());
            QApplication::exit(0);
        });
    }
    return QObject::eventFilter(watched, event);
}

} // namespace reelmend::desktop
