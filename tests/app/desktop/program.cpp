#include "tests/app/desktop/program.h"

#include <QApplication>
#include <QDir>
#include <QImage>
#include <QPainter>
#include <QSignalSpy>
#include <QTest>

#include "ui/masks/mask_tools.h"
#include "ui/style/message_bar.h"
#include "ui/style/style.h"
#include "ui/viewer/viewer.h"

namespace reelmend::test {

using namespace ui;

Program::Program(const QTemporaryDir& folder)
    : settings_(folder.filePath(QStringLiteral("settings.ini")))
{
    settings_.setEnginePath(FakeEngine::program());
    workbench_ = std::make_unique<desktop::Workbench>(settings_);
    window_ = std::make_unique<desktop::MainWindow>(*workbench_);
    window_->resize(1280, 800);
    window_->show();
}

Program::~Program()
{
    window_->close();
    window_.reset();
    workbench_.reset();
}

bool Program::startEngine()
{
    workbench_->engine().start();
    return QTest::qWaitFor([this] { return workbench_->engine().isReady(); }, 10000);
}

bool Program::open(const QString& path)
{
    QSignalSpy painted(&editor().viewer(), &viewer::Viewer::framePainted);
    workbench_->open(path);
    return QTest::qWaitFor([&] { return workbench_->document().isOpen() && painted.count() > 0; }, 20000);
}

QPoint Program::at(double x, double y)
{
    return editor().viewer().view().toWidget(QPointF(x, y)).toPoint();
}

void Program::paintStroke()
{
    editor().tools().setKind(masks::ToolKind::kBrush);
    viewer::Viewer* canvas = &editor().viewer();
    QTest::mousePress(canvas, Qt::LeftButton, {}, at(60, 60));
    QTest::mouseMove(canvas, at(120, 90));
    QTest::mouseRelease(canvas, Qt::LeftButton, {}, at(160, 90));
}

QString Program::message()
{
    QStringList titles;
    for (auto* bar : window_->findChildren<style::MessageBar*>()) {
        if (bar->isVisible()) {
            titles.append(bar->title());
        }
    }
    return titles.join(u'\n');
}

QPushButton* Program::button(const QString& text)
{
    for (auto* candidate : window_->findChildren<QPushButton*>()) {
        if (candidate->isVisible() && candidate->text() == text) {
            return candidate;
        }
    }
    return nullptr;
}

void ProgramTest::initTestCase()
{
    style::applyTheme(*qApp, style::Theme::kDark);
    QDir folder(folder_.path());
    QVERIFY(folder.mkpath(QStringLiteral("日本語 é/plate 041")) && folder.cd(QStringLiteral("日本語 é/plate 041")));
    for (int i = 0; i < kFrames; ++i) {
        QImage picture(kSize, QImage::Format_RGB32);
        picture.fill(QColor(40 + 4 * i, 90, 120));
        QPainter painter(&picture);
        painter.fillRect(10 * i, 60, 40, 40, Qt::white);
        painter.end();
        QVERIFY(picture.save(folder.filePath(QStringLiteral("plate.%1.png").arg(i, 4, 10, QChar(u'0')))));
    }
    clip_ = folder.path();
}

void ProgramTest::init()
{
    own_ = std::make_unique<QTemporaryDir>();
    qputenv("REELMEND_DATA_DIR", own_->filePath(QStringLiteral("data")).toUtf8());
    qputenv("REELMEND_CACHE_DIR", own_->filePath(QStringLiteral("cache")).toUtf8());
    fake_ = std::make_unique<FakeEngine>();
}

} // namespace reelmend::test
