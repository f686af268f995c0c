#pragma once
#include <QObject>
#include <QPoint>
#include <QPushButton>
#include <QSize>
#include <QString>
#include <QTemporaryDir>

#include <memory>

#include "app/desktop/editor_page.h"
#include "app/desktop/main_window.h"
#include "app/desktop/workbench.h"
#include "tests/ui/support/fake_engine.h"

namespace reelmend::test {

// A whole program on a folder of its own, with the fake engine: settings, data, window.
class Program {
public:
    explicit Program(const QTemporaryDir& folder);
    ~Program();

    desktop::Workbench& workbench() { return *workbench_; }
    desktop::MainWindow& window() { return *window_; }
    desktop::EditorPage& editor() { return window_->editor(); }
    ui::session::Settings& settings() { return settings_; }

    bool startEngine();             // until it is ready
    bool open(const QString& path); // until a frame is on screen
    void paintStroke();
    QString message();                        // what the bars say that are on screen
    QPushButton* button(const QString& text); // on screen, or null

private:
    QPoint at(double x, double y); // where a picture pixel lies in the viewer

    ui::session::Settings settings_;
    std::unique_ptr<desktop::Workbench> workbench_;
    std::unique_ptr<desktop::MainWindow> window_;
};

// What the tests of the window stand on: a clip of numbered pictures that all share, and for each a folder of its own
// for settings and data.
class ProgramTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();

protected:
    static constexpr int kFrames = 24;
    static constexpr QSize kSize{320, 180};

    QTemporaryDir folder_;
    QString clip_;
    std::unique_ptr<QTemporaryDir> own_;
    std::unique_ptr<FakeEngine> fake_; // the environment and the log of calls; its own client stays off
};

} // namespace reelmend::test
