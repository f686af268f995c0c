#include "tests/ui/grab/grab.h"

#include "ui/style/style.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QTest>

namespace reelmend::grab {

void settle(int milliseconds)
{
    QTest::qWait(milliseconds);
}

void Camera::take(QWidget& widget, const QString& name)
{
    widget.show();
    settle();
    const QString scale = widget.devicePixelRatioF() > 1 ? QStringLiteral("@2x") : QString();
    const QString path = folder_ + u'/' + name + u'-' + theme_ + scale + QStringLiteral(".png");
    if (!widget.grab().save(path)) {
        qWarning("cannot write %s", qPrintable(path));
    }
}

} // namespace reelmend::grab

int main(int argc, char** argv)
{
    using namespace reelmend;
    QApplication application(argc, argv);
    const QStringList arguments = QApplication::arguments();
    if (arguments.size() < 2) {
        qWarning("reelmend_grab OUTPUT_FOLDER [CLIP [MASK [ONLY]]]");
        return 2;
    }
    QDir().mkpath(arguments[1]);
    for (const auto& [theme, name] :
        {std::pair{ui::style::Theme::kDark, "dark"}, std::pair{ui::style::Theme::kLight, "light"}}) {
        ui::style::applyTheme(application, theme);
        grab::Camera camera(arguments[1], QString::fromLatin1(name), arguments.value(4));
        grab::grabStyle(camera);
        grab::grabPictures(camera, arguments.value(2), arguments.value(3));
    }
    return 0;
}
