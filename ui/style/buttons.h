#pragma once
#include <QKeySequence>
#include <QPushButton>
#include <QToolButton>

#include "ui/style/style.h"

namespace reelmend::ui::style {

// "Ctrl R": how a shortcut is written everywhere in the program.
QString keyText(const QKeySequence& keys);

// A shortcut drawn as a key: in hints ("Hold [S] for the source") and inside buttons.
class KeyCap : public QWidget {
    Q_OBJECT
public:
    explicit KeyCap(QString text, QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

    static QSizeF sizeFor(const QFont& font, const QString& text);
    static void draw(QPainter& painter, const QRectF& rect, const QString& text, const QColor& colour);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString text_;
};

// A wide button of a panel: icon and text at the left, the shortcut's key cap at the right. setHint() only shows
// keys; the action itself is bound by whoever owns it.
class ActionButton : public QPushButton {
    Q_OBJECT
public:
    ActionButton(const QString& text, QStringView iconName, ButtonRole role, QWidget* parent = nullptr);

    void setHint(const QKeySequence& keys);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString iconName_;
    QString hint_;
};

// The one main button of a view.
class PrimaryButton : public ActionButton {
    Q_OBJECT
public:
    explicit PrimaryButton(const QString& text, QStringView iconName = {}, QWidget* parent = nullptr)
        : ActionButton(text, iconName, ButtonRole::kMain, parent)
    {}
};

// A 28 px icon button whose name is its tool tip and accessible name; the keys are added to the tip.
class IconButton : public QToolButton {
    Q_OBJECT
public:
    IconButton(QStringView iconName, const QString& name, const QKeySequence& keys = {}, QWidget* parent = nullptr);

    void setIconName(QStringView iconName);
    void setName(const QString& name, const QKeySequence& keys = {});
    void setRaised(bool isRaised); // stands on a ground of its own, like Play
};

} // namespace reelmend::ui::style
