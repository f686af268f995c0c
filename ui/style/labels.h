#pragma once
#include <QLabel>

#include "ui/style/fonts.h"

namespace reelmend::ui::style {

enum class Tone { kNormal, kSecondary, kGood, kWarn, kError };

// A label of the type scale; long text is elided and then told in full by the tool tip.
class TextLabel : public QWidget {
    Q_OBJECT
public:
    explicit TextLabel(
        const QString& text, TextRole role = TextRole::kBody, Tone tone = Tone::kNormal, QWidget* parent = nullptr);

    const QString& text() const { return text_; }
    void setText(const QString& text);
    void setTone(Tone tone);
    void setShortText(const QString& text);    // stands in where `text` does not fit; never cut itself
    void setTip(const QString& tip);           // below the whole text, when that is cut
    void setElideMode(Qt::TextElideMode mode); // of names: the middle, so that version and ending stay
    // Digits in cells of equal width; the label keeps the width of `widest` ("00:00:00:00"), so that nothing beside
    // it moves. Alignment: Qt::AlignLeft or Qt::AlignRight.
    void setTabular(const QString& widest, Qt::Alignment alignment = Qt::AlignLeft);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void describe();
    bool isCut() const; // the whole text does not fit

    QString text_;
    QString short_;
    QString tip_;
    QString widest_;
    Tone tone_;
    Qt::Alignment alignment_ = Qt::AlignLeft;
    Qt::TextElideMode elideMode_ = Qt::ElideRight;
    bool isTabular_ = false;
};

} // namespace reelmend::ui::style
