#pragma once
#include <QObject>
#include <QSize>
#include <QString>

#include <optional>

#include "ui/style/tokens.h"

class QCommandLineParser;

namespace reelmend::desktop {

class MainWindow;
class Workbench;

// Hidden options for developers: --grab FILE saves a picture of the window once its clip is on screen and the
// engine has answered, and ends the program, --size WxH and --theme dark|light set it up, --startup-time prints the
// milliseconds from the start of the process to the first painted window and ends the program.
class Screenshot : public QObject {
    Q_OBJECT

public:
    static void addOptions(QCommandLineParser& parser);
    explicit Screenshot(const QCommandLineParser& parser);

    std::optional<ui::style::Theme> theme() const { return theme_; }
    void follow(MainWindow& window, Workbench& workbench);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void grabSoon(MainWindow& window, Workbench& workbench);

    QString file_;
    QSize size_;
    std::optional<ui::style::Theme> theme_;
    bool printsStartupTime_ = false;
    bool hasClip_ = false;
};

} // namespace reelmend::desktop
