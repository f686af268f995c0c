#pragma once
#include <QPointer>
#include <QWidget>

namespace reelmend::ui::style {
class IconButton;
class NumberBox;
class TextLabel;
} // namespace reelmend::ui::style

namespace reelmend::ui::compare {

class SplitView;

// The left end of the header while comparing: what lies on each side, swap, and the split's position as a number.
class CompareBar : public QWidget {
    Q_OBJECT
public:
    explicit CompareBar(QWidget* parent = nullptr);

    void setView(SplitView* view);
    void setNames(const QString& source, const QString& result);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void closeRequested(); // back to painting

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    enum class Captions { kWith, kWithout };
    int widthOf(Captions captions) const;
    void showCaptions();
    void refresh();

    QPointer<SplitView> view_;
    QString sourceName_, resultName_;
    style::TextLabel* left_;
    style::TextLabel* right_;
    QList<style::TextLabel*> captions_; // left out where there is no room: the picture names its sides as well
    style::IconButton* swap_;
    style::NumberBox* position_;
};

// "Hold [S] for the source   [Shift S] swaps sides": for the transport bar.
QWidget* makeCompareHint(QWidget* parent);

} // namespace reelmend::ui::compare
