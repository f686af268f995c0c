#include "ui/viewer/view_bar.h"

#include "ui/style/buttons.h"
#include "ui/style/labels.h"
#include "ui/style/paint.h"
#include "ui/viewer/picture_canvas.h"

#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QPainter>
#include <QWheelEvent>

namespace reelmend::ui::viewer {

using namespace Qt::StringLiterals;

namespace {

constexpr int kZoomPercents[] = {25, 50, 75, 100, 150, 200, 300, 400, 800, 1600};

QString percent(double zoom)
{
    return ViewBar::tr("%1 %").arg(qRound(zoom * 100));
}

// The present zoom is any number, the list a few: what is shown is painted, not an item.
class ZoomCombo : public QComboBox {
public:
    explicit ZoomCombo(QWidget* parent)
        : QComboBox(parent)
    {
        style::setFlatCombo(this, true);
        setFocusPolicy(Qt::TabFocus);
        setFixedWidth(92);
    }

    void setShown(const QString& text)
    {
        shown_ = text;
        setAccessibleDescription(text);
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        QStyleOptionComboBox option;
        initStyleOption(&option);
        style()->drawComplexControl(QStyle::CC_ComboBox, &option, &painter, this);
        const style::Tokens& t = style::tokensFor(palette());
        painter.setPen(isEnabled() ? t.text : t.text3);
        style::drawTabular(painter, QRectF(rect()).adjusted(0, 0, -32, 0), Qt::AlignRight, shown_);
    }
    void wheelEvent(QWheelEvent* event) override { event->ignore(); }

private:
    QString shown_;
};

} // namespace

ViewBar::ViewBar(QWidget* parent)
    : QWidget(parent)
    , transform_(new style::TextLabel({}, style::TextRole::kBody, style::Tone::kSecondary, this))
    , overlay_(new style::IconButton(u"eye", tr("Show the mask"), QKeySequence(Qt::Key_M), this))
    , separator_(new QFrame(this))
    , zoom_(new ZoomCombo(this))
    , fit_(new QToolButton(this))
    , actual_(new QToolButton(this))
{
    overlay_->setCheckable(true);
    overlay_->setChecked(true);
    separator_->setProperty("tone", u"separator"_s);
    separator_->setFixedSize(1, 14);
    zoom_->setAccessibleName(tr("Zoom"));
    zoom_->setToolTip(tr("Zoom. Wheel or pinch over the picture, + and -"));
    for (const int step : kZoomPercents) {
        zoom_->addItem(percent(step / 100.0), step / 100.0);
    }
    zoom_->setCurrentIndex(-1);
    fit_->setText(tr("Fit"));
    fit_->setToolTip(tr("Show the whole picture  F"));
    actual_->setText(tr("1:1"));
    actual_->setToolTip(tr("One picture pixel on one screen pixel  1"));
    actual_->setAccessibleName(tr("Pixel for pixel"));
    for (QToolButton* button : {fit_, actual_}) {
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::TabFocus);
    }
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(style::kSpace2);
    transform_->hide();
    layout->addWidget(transform_);
    for (QWidget* widget : {static_cast<QWidget*>(overlay_), separator_, static_cast<QWidget*>(zoom_),
             static_cast<QWidget*>(fit_), static_cast<QWidget*>(actual_)}) {
        layout->addWidget(widget);
    }
    connect(overlay_, &QToolButton::toggled, this, [this](bool isOn) {
        static_cast<style::IconButton*>(overlay_)->setIconName(isOn ? u"eye" : u"eye-slash");
        Q_EMIT overlayToggled(isOn);
    });
    connect(zoom_, &QComboBox::activated, this, [this](int index) {
        if (canvas_) {
            canvas_->zoomTo(zoom_->itemData(index).toDouble());
        }
        zoom_->setCurrentIndex(-1);
    });
    connect(fit_, &QToolButton::clicked, this, [this] {
        if (canvas_) {
            canvas_->fit();
        }
    });
    connect(actual_, &QToolButton::clicked, this, [this] {
        if (canvas_) {
            canvas_->actualSize();
        }
    });
    refresh();
}

void ViewBar::setCanvas(PictureCanvas* canvas)
{
    if (canvas_) {
        disconnect(canvas_, nullptr, this, nullptr);
    }
    canvas_ = canvas;
    if (canvas_) {
        connect(canvas_, &PictureCanvas::viewChanged, this, &ViewBar::refresh);
        connect(canvas_, &QObject::destroyed, this, [this] {
            canvas_ = nullptr;
            refresh();
        });
    }
    refresh();
}

void ViewBar::setTransform(video::DisplayTransform transform)
{
    QString name;
    QString brief;
    QString how;
    switch (transform) {
    case video::DisplayTransform::kNone:
        break;
    case video::DisplayTransform::kLinear:
        name = tr("Linear shown as sRGB");
        brief = tr("Linear as sRGB");
        how = tr("The clip holds linear light. Values above white are clipped here.");
        break;
    case video::DisplayTransform::kPq:
        name = tr("HDR (PQ) shown as SDR");
        brief = tr("PQ as SDR");
        how = tr("Highlights up to 1000 cd/m² are brought down to the screen's white (ITU-R BT.2390).");
        break;
    case video::DisplayTransform::kHlg:
        name = tr("HDR (HLG) shown as SDR");
        brief = tr("HLG as SDR");
        how = tr("Highlights up to 1000 cd/m² are brought down to the screen's white (ITU-R BT.2390).");
        break;
    }
    transform_->setText(name);
    transform_->setShortText(brief);
    transform_->setTip(how + u' ' + tr("What is written is not touched."));
    transform_->setVisible(!name.isEmpty());
}

void ViewBar::setOverlayShown(bool isShown)
{
    overlay_->setChecked(isShown);
}

void ViewBar::setOverlayToggleVisible(bool isVisible)
{
    overlay_->setVisible(isVisible);
    separator_->setVisible(isVisible);
}

void ViewBar::refresh()
{
    const bool hasPicture = canvas_ && !canvas_->view().isEmpty();
    for (QWidget* widget :
        {static_cast<QWidget*>(zoom_), static_cast<QWidget*>(fit_), static_cast<QWidget*>(actual_)}) {
        widget->setEnabled(hasPicture);
    }
    static_cast<ZoomCombo*>(zoom_)->setShown(hasPicture ? percent(canvas_->view().zoom()) : percent(1));
}

} // namespace reelmend::ui::viewer
