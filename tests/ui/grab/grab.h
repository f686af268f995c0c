#pragma once
#include <QString>
#include <QWidget>

namespace reelmend::grab {

// Shows the widget off screen, lets it settle, and saves it as NAME-THEME[@2x].png.
class Camera {
public:
    Camera(QString folder, QString theme, QString only)
        : folder_(std::move(folder))
        , theme_(std::move(theme))
        , only_(std::move(only))
    {}
    bool wants(const QString& name) const { return only_.isEmpty() || name.contains(only_); }
    void take(QWidget& widget, const QString& name);

private:
    QString folder_, theme_, only_;
};

void settle(int milliseconds = 60);

void grabStyle(Camera& camera);
void grabPictures(Camera& camera, const QString& clip, const QString& mask);

} // namespace reelmend::grab
