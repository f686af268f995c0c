#pragma once
#include <QWidget>

class QPushButton;

namespace reelmend::ui::style {
class TextLabel;
}

namespace reelmend::desktop {

class SampleMaker;
class Workbench;

// Offers the sample clip, and shows how far it is while it is being made. Once another clip is opened meanwhile, the
// sample is made to its end and kept, but not opened unasked.
class SampleCard : public QWidget {
    Q_OBJECT

public:
    SampleCard(SampleMaker& sample, Workbench& workbench, QWidget* parent = nullptr);

Q_SIGNALS:
    void openRequested(const QString& path);
    void failed(const QString& title, const QString& details);

private:
    void want();
    void cancel();
    void showState();

    SampleMaker& sample_;
    QPushButton* open_;
    QPushButton* cancel_;
    ui::style::TextLabel* facts_;
    bool isWanted_ = false; // it opens when it is ready
};

} // namespace reelmend::desktop
