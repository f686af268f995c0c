#include <QFile>
#include <QRegularExpression>
#include <QTest>
#include <QXmlStreamReader>

// The catalogues in translations/ are whole and keep every placeholder, so that no sentence loses its number.
class TestTranslations : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void areWhole_data();
    void areWhole();
};

namespace {

QStringList placeholders(const QString& text)
{
    static const QRegularExpression kPlaceholder(QStringLiteral("%(\\d|n)"));
    QStringList found;
    for (auto match = kPlaceholder.globalMatch(text); match.hasNext();) {
        found.append(match.next().captured());
    }
    found.sort();
    return found;
}

} // namespace

void TestTranslations::areWhole_data()
{
    QTest::addColumn<QString>("file");
    QTest::newRow("German") << QStringLiteral(REELMEND_TRANSLATIONS "/reelmend_de.ts");
    QTest::newRow("English plurals") << QStringLiteral(REELMEND_TRANSLATIONS "/reelmend_en.ts");
}

void TestTranslations::areWhole()
{
    QFETCH(QString, file);
    QFile catalogue(file);
    QVERIFY(catalogue.open(QIODevice::ReadOnly));
    QXmlStreamReader xml(&catalogue);
    QString source;
    int count = 0;
    const auto check = [&](const QString& translation) {
        QVERIFY2(!translation.isEmpty(), qPrintable(source));
        QVERIFY2(placeholders(translation) == placeholders(source), qPrintable(source + u" | " + translation));
        ++count;
    };
    while (!xml.atEnd()) {
        xml.readNext();
        if (!xml.isStartElement()) {
            continue;
        }
        if (xml.name() == u"source") {
            source = xml.readElementText();
        } else if (xml.name() == u"translation") {
            QVERIFY2(xml.attributes().value(QStringLiteral("type")).isEmpty(), qPrintable(u"unfinished: " + source));
            const QString text = xml.readElementText(QXmlStreamReader::SkipChildElements);
            if (!text.trimmed().isEmpty()) {
                check(text);
            }
        }
    }
    QVERIFY(!xml.hasError());
    QVERIFY(count > 0 || file.endsWith(QStringLiteral("en.ts")));
}

QTEST_GUILESS_MAIN(TestTranslations)
#include "test_translations.moc"
