#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <random>

#include "core/base/error.h"
#include "ui/masks/brush.h"
#include "ui/masks/mask_document.h"
#include "ui/masks/mask_file.h"
#include "ui/masks/mask_overlay.h"

using namespace reelmend;
using namespace reelmend::ui::masks;
using namespace Qt::StringLiterals;

namespace {

quint16 at(const QImage& image, int x, int y)
{
    return reinterpret_cast<const quint16*>(image.constScanLine(y))[x];
}

double meanOf(const QImage& image)
{
    double sum = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            sum += at(image, x, y);
        }
    }
    return sum / 65535.0 / (static_cast<double>(image.width()) * image.height());
}

} // namespace

class TestMaskDocument : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aStrokeIsOneStepHoweverManyMoves()
    {
        MaskDocument document;
        document.reset({300, 200});
        const QImage empty = document.image().copy();
        document.beginStroke(u"Stroke"_s);
        for (int x = 20; x < 280; x += 7) {
            document.strokeTo(QPointF(x, 100), QPointF(x + 7, 100 + (x % 3)), 30, 0.5, false);
        }
        document.endStroke();
        const QImage painted = document.image().copy();
        QCOMPARE(document.undoStack()->count(), 1);
        QVERIFY(painted != empty);
        document.undoStack()->undo();
        QCOMPARE(document.image(), empty);
        QVERIFY(document.isEmpty());
        document.undoStack()->redo();
        QCOMPARE(document.image(), painted);
    }

    void anyHistoryUndoesAndRedoesExactly()
    {
        MaskDocument document;
        document.reset({257, 130}); // tiles at the edges are not whole
        std::mt19937 random(7);
        QList<QImage> states{document.image().copy()};
        for (int i = 0; i < 25; ++i) {
            const auto number = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
            switch (number(4)) {
            case 0:
                document.fillRectangle(QRect(number(257), number(130), 1 + number(90), 1 + number(90)),
                    static_cast<quint16>(number(65536)));
                break;
            case 1:
                document.invert();
                break;
            case 2:
                document.clear();
                break;
            default:
                document.beginStroke(u"Stroke"_s);
                document.strokeTo(QPointF(number(257), number(130)), QPointF(number(257), number(130)),
                    1 + number(60), number(100) / 100.0, number(2) == 0);
                document.endStroke();
            }
            if (document.image() != states.last()) {
                states.append(document.image().copy());
            }
            QVERIFY(std::abs(document.coverage() - meanOf(document.image())) < 1e-9);
        }
        QCOMPARE(document.undoStack()->count(), states.size() - 1);
        for (qsizetype i = states.size() - 2; i >= 0; --i) {
            document.undoStack()->undo();
            QCOMPARE(document.image(), states[i]);
            QVERIFY(std::abs(document.coverage() - meanOf(document.image())) < 1e-9);
        }
        for (qsizetype i = 1; i < states.size(); ++i) {
            document.undoStack()->redo();
            QCOMPARE(document.image(), states[i]);
        }
    }

    void anEditThatChangesNothingIsNoStep()
    {
        MaskDocument document;
        document.reset({100, 100});
        document.fillRectangle({10, 10, 20, 20}, 65535);
        document.fillRectangle({12, 12, 5, 5}, 65535);
        document.beginStroke(u"Stroke"_s);
        document.strokeTo({500, 500}, {600, 600}, 10, 1, false);
        document.endStroke();
        QCOMPARE(document.undoStack()->count(), 1);
    }

    void aCancelledStrokeLeavesNothing()
    {
        MaskDocument document;
        document.reset({200, 100});
        document.fillRectangle({0, 0, 50, 50}, 30000);
        const QImage before = document.image().copy();
        document.beginStroke(u"Stroke"_s);
        document.strokeTo({0, 0}, {199, 99}, 40, 0.2, false);
        document.cancelStroke();
        QCOMPARE(document.image(), before);
        QCOMPARE(document.undoStack()->count(), 1);
        QVERIFY(std::abs(document.coverage() - meanOf(before)) < 1e-9);
    }

    void brushAndEraserMeetOnlyWhereTheyWent()
    {
        MaskDocument document;
        document.reset({200, 200});
        document.beginStroke(u"Stroke"_s);
        document.strokeTo({100, 100}, {100, 100}, 60, 1, false);
        document.endStroke();
        QCOMPARE(at(document.image(), 100, 100), quint16{65535});
        QCOMPARE(at(document.image(), 100, 72), quint16{65535}); // inside by two pixels
        QCOMPARE(at(document.image(), 100, 68), quint16{0});     // outside by two
        // The area of a disc, to the anti-aliased edge.
        QVERIFY(std::abs(document.coverage() * 40000 - 3.14159265 * 900) < 20);
        document.beginStroke(u"Erase"_s);
        document.strokeTo({100, 100}, {100, 100}, 60, 1, true);
        document.endStroke();
        QVERIFY(document.coverage() * 40000 < 60); // what is left is the edge's own softness
    }

    void softBrushesFallSmoothlyFromTheMiddle()
    {
        const Capsule soft({50, 50}, {80, 50}, 40, 0.25);
        double last = 2;
        for (double y = 50; y < 75; y += 0.5) {
            const double strength = soft.strengthAt({65, y});
            QVERIFY(strength <= last);
            last = strength;
        }
        QCOMPARE(soft.strengthAt({65, 54}), 1.0);
        QCOMPARE(soft.strengthAt({65, 71}), 0.0);
        // The same at the same distance from the line, wherever along it: no dabs.
        QCOMPARE(soft.strengthAt({55, 60}), soft.strengthAt({75, 60}));
        QVERIFY(soft.bounds().contains(QRect(30, 30, 70, 40)));
    }

    void boundsAreTight()
    {
        MaskDocument document;
        document.reset({500, 300});
        QVERIFY(document.bounds().isEmpty());
        document.fillRectangle({130, 70, 200, 100}, 1);
        QCOMPARE(document.bounds(), QRect(130, 70, 200, 100));
    }

    void emptinessIsToldOnceEachWay()
    {
        MaskDocument document;
        document.reset({100, 100});
        QSignalSpy empty(&document, &MaskDocument::emptyChanged);
        document.fillRectangle({0, 0, 10, 10}, 65535);
        document.fillRectangle({20, 20, 10, 10}, 65535);
        document.clear();
        QCOMPARE(empty.count(), 2);
        QCOMPARE(empty.first().first().toBool(), false);
        QCOMPARE(empty.last().first().toBool(), true);
    }

    void filesKeepSixteenBits()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(u"mask 日本語 é.png"_s);
        MaskDocument document;
        document.reset({120, 80});
        document.beginStroke(u"Stroke"_s);
        document.strokeTo({20, 20}, {90, 60}, 50, 0, false);
        document.endStroke();
        saveMask(document.image(), path);
        QCOMPARE(loadMask(path, {120, 80}), document.image());
        const video::Mask mask = document.mask();
        QCOMPARE(mask.width, 120);
        QCOMPARE(mask.row(40)[55], at(document.image(), 55, 40));
    }

    void filesThatDoNotFitSayWhy()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(u"mask.png"_s);
        saveMask(QImage(50, 40, QImage::Format_Grayscale16), path);
        const auto reason = [&](const QString& file, QSize size) {
            try {
                loadMask(file, size);
            } catch (const base::Error& error) {
                return QString::fromStdString(error.why());
            }
            return QString();
        };
        QVERIFY(reason(path, {60, 40}).contains(u"50 × 40"_s));
        QVERIFY(!reason(folder.filePath(u"missing.png"_s), {60, 40}).isEmpty());
        QFile text(folder.filePath(u"text.png"_s));
        QVERIFY(text.open(QIODevice::WriteOnly));
        text.write("not a picture");
        text.close();
        QVERIFY(!reason(text.fileName(), {60, 40}).isEmpty());
        QVERIFY_THROWS_EXCEPTION(base::Error,
            saveMask(QImage(5, 5, QImage::Format_Grayscale16), folder.filePath(u"no/such/folder.png"_s)));
    }

    void aShapeInTheAlphaChannelCounts()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(u"alpha.png"_s);
        QImage picture(10, 10, QImage::Format_ARGB32);
        picture.fill(qRgba(0, 0, 0, 0));
        picture.setPixelColor(3, 4, QColor(0, 0, 0, 255));
        picture.save(path);
        const QImage mask = loadMask(path, {10, 10});
        QCOMPARE(at(mask, 3, 4), quint16{65535});
        QCOMPARE(at(mask, 0, 0), quint16{0});
    }

    void coverageReadsLikeASentence()
    {
        QCOMPARE(coverageText(0), u"Nothing painted yet"_s);
        QCOMPARE(coverageText(0.09), u"Painted, 9 % of the picture"_s);
        QCOMPARE(coverageText(0.004), u"Painted, 0.4 % of the picture"_s);
        QVERIFY(coverageText(0.0000001).contains(u"less than"_s));
    }

    void outlinesOfTilesJoin()
    {
        MaskDocument document;
        document.reset({200, 200});
        document.fillRectangle({30, 30, 120, 100}, 65535); // across tile borders
        QVector<QLineF> whole = traceOutline(document.image(), document.image().rect());
        double pieces = 0;
        double length = 0;
        for (int y = 0; y < 200; y += 64) {
            for (int x = 0; x < 200; x += 64) {
                for (const QLineF& line :
                    traceOutline(document.image(), QRect(x, y, 64, 64) & document.image().rect())) {
                    length += line.length();
                    ++pieces;
                }
            }
        }
        QCOMPARE(pieces, static_cast<double>(whole.size()));
        // Four sides less the corners, which are cut at half a pixel.
        QVERIFY(std::abs(length - (2 * (120 + 100) - 4 * (1 - std::sqrt(0.5)))) < 0.01);
        // A mask that reaches the edge is closed there.
        document.fillRectangle({0, 0, 200, 200}, 65535);
        QVERIFY(!traceOutline(document.image(), document.image().rect()).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestMaskDocument)
#include "test_mask_document.moc"
