#include "ui/tasks/core_words.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <optional>
#include <vector>

namespace reelmend::ui::tasks {

namespace {

enum class Weight { kNormal, kNote };

struct Sentence {
    const char* shown;          // in the window; %1 and so on in the order of the core's
    const char* said = nullptr; // by the core; null: as it is shown
    Weight weight = Weight::kNormal;
};

constexpr Sentence kSentences[] = {
    {QT_TRANSLATE_NOOP("CoreWords", "The clip is interlaced. For the best result choose Deinterlace under Fields."),
        "The footage is interlaced: choose \"deinterlace\" for the best result.", Weight::kNote},
    {QT_TRANSLATE_NOOP("CoreWords", "The file does not name its colours. They are shown as %1."),
        "The colours are not tagged; %1, limited range is assumed for viewing.", Weight::kNote},
    {QT_TRANSLATE_NOOP("CoreWords", "The file does not name its colours. They are shown as %1, full range."),
        "The colours are not tagged; %1, full range is assumed for viewing.", Weight::kNote},
    {QT_TRANSLATE_NOOP("CoreWords", "Key frames are up to %1 frames apart, so jumping to a frame takes longer."),
        nullptr, Weight::kNote},
    {QT_TRANSLATE_NOOP("CoreWords", "Numbered pictures carry no frame rate; %1 fps is assumed."), nullptr,
        Weight::kNote},
    {QT_TRANSLATE_NOOP(
        "CoreWords", "Frames do not come at a steady rate: between %1 and %2 fps. Their times are kept.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Picture %1 is missing; the one before is shown instead.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Pictures %1 are missing; the one before is shown instead.")},
    {QT_TRANSLATE_NOOP(
        "CoreWords", "Frame %1 is damaged; what can be decoded, or else the nearest whole frame, is shown instead.")},
    {QT_TRANSLATE_NOOP("CoreWords",
        "Frames %1 are damaged; what can be decoded, or else the nearest whole frame, is shown instead.")},
    {QT_TRANSLATE_NOOP(
        "CoreWords", "From frame %1 on the pictures are %2; they are scaled to the size the clip begins with.")},
    {QT_TRANSLATE_NOOP(
        "CoreWords", "Some frames had missing or repeated times; these were made up from their neighbours.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The file ends early: %1 frames can be read, its header promises %2.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The file ends early: %1 frames can be read.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Picture %1 has another size (%2); the clip cannot be read beyond.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Pictures %1 have another size (%2); the clip cannot be read beyond.")},
    {QT_TRANSLATE_NOOP("CoreWords", "\"%1\" cannot be opened.")},
    {QT_TRANSLATE_NOOP("CoreWords", "\"%1\" cannot be read.")},
    {QT_TRANSLATE_NOOP("CoreWords", "\"%1\" cannot be decoded.")},
    {QT_TRANSLATE_NOOP("CoreWords", "\"%1\" cannot be written.")},
    {QT_TRANSLATE_NOOP("CoreWords", "\"%1\" cannot be enhanced.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The file \"%1\" cannot be written.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The folder \"%1\" cannot be made.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The file is empty.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Check how it was copied or made.")},
    {QT_TRANSLATE_NOOP("CoreWords",
        "Its end is missing, where such a file keeps the index without which nothing in it can be found.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Copy it again completely, or repair it with a recovery program.")},
    {QT_TRANSLATE_NOOP("CoreWords", "It is not a video that can be read, or its header is damaged.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Check that it is the file you meant and that it was copied completely.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Check that the file was copied completely.")},
    {QT_TRANSLATE_NOOP("CoreWords", "It holds no moving pictures.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Choose a video file.")},
    {QT_TRANSLATE_NOOP("CoreWords", "It is a device or a pipe, not a file.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Not a single frame of it can be read.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Its header gives no picture size.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Its header claims %1 pixels.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The file is probably damaged: check it in another program.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The file changed while it was being read.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The file ends earlier than when it was opened.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Open it again.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The installed FFmpeg has no decoder for %1.")},
    {QT_TRANSLATE_NOOP(
        "CoreWords", "Convert the clip to H.264, ProRes or FFV1 with another program, or install a fuller FFmpeg.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Frame %1 of \"%2\" cannot be decoded.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Its data is damaged, and so is that around it.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Its first frame is damaged or of a kind that cannot be unpacked.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Check the clip in another program.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Picture \"%1\" cannot be used.")},
    {QT_TRANSLATE_NOOP("CoreWords", "It is %1 pixels large, the first is %2.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Make all pictures the same size.")},
    {QT_TRANSLATE_NOOP("CoreWords", "No numbered picture of that name is there.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The folder holds no numbered pictures.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Choose a folder with pictures such as \"%1\", or a video file.")},
    {QT_TRANSLATE_NOOP("CoreWords", "It is not a picture that can be read, or it is damaged.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Open it in a picture viewer to check it.")},
    {QT_TRANSLATE_NOOP("CoreWords", "This mask is %1 pixels large, the clip is %2.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Choose a mask of %1 pixels.")},
    {QT_TRANSLATE_NOOP("CoreWords", "This mask has gaps.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Add the missing pictures, or choose one picture for all.")},
    {QT_TRANSLATE_NOOP("CoreWords", "This mask has %1 pictures, the clip has %2 frames.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Choose a mask with %1 pictures, or one picture for all.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The disk is full.")},
    {QT_TRANSLATE_NOOP("CoreWords", "There is no room for the result in \"%1\".")},
    {QT_TRANSLATE_NOOP("CoreWords", "There is no room for the job's finished pieces in \"%1\".")},
    {QT_TRANSLATE_NOOP("CoreWords", "At least %1 is needed, and %2 is free.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Free some space, or choose a folder on another disk.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Choose a folder on another disk.")},
    {QT_TRANSLATE_NOOP("CoreWords", "%1 finished frames are kept: start the job again afterwards.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Its folder takes no files.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Its folder does not exist.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Make the folder first, or choose another.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Choose another folder.")},
    {QT_TRANSLATE_NOOP("CoreWords", "It is a folder.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Add a file name.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Choose another name.")},
    {QT_TRANSLATE_NOOP("CoreWords", "It is the clip that is being read.")},
    {QT_TRANSLATE_NOOP("CoreWords", "A file of that name is there already.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Choose another name, or allow it to be replaced.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The job %1 is making it.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Choose another name, or cancel that job first.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The result would replace the mask. Choose another name.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The result would replace the clip itself. Choose another name.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The result would be %1; no side may be longer than %2 pixels.")},
    {QT_TRANSLATE_NOOP("CoreWords", "A name for the result is needed.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The clip could not be enhanced.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Memory ran out.")},
    {QT_TRANSLATE_NOOP(
        "CoreWords", "Close other programs and start the job again: it goes on from its finished frames.")},
    {QT_TRANSLATE_NOOP(
        "CoreWords", "This is a fault of the program. The job's folder holds a log that helps to find it.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The job %1 cannot be run.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Another process is running it.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Wait for it, or cancel it first.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Its data is damaged or of another kind than it says.")},
    {QT_TRANSLATE_NOOP("CoreWords", "It ends too early.")},
    {QT_TRANSLATE_NOOP("CoreWords", "There is no such file or folder.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Check the spelling of the path.")},
    {QT_TRANSLATE_NOOP("CoreWords", "You may not access it.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Change its permissions or choose another place.")},
    {QT_TRANSLATE_NOOP("CoreWords", "That disk is read-only.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Choose a folder that can be written.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Free some space or choose a folder on another disk.")},
    {QT_TRANSLATE_NOOP("CoreWords", "%1 will be changed.")},
    {QT_TRANSLATE_NOOP("CoreWords", "%1 was changed.")},
    {QT_TRANSLATE_NOOP("CoreWords", "%1 will not be in the result.")},
    {QT_TRANSLATE_NOOP("CoreWords", "%1 is not in the result.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Cut to the range, to within a few hundredths of a second."),
        "Cut to the range, at whole packets."},
    {QT_TRANSLATE_NOOP("CoreWords", "Cut to the range.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Numbered pictures hold nothing else.")},
    {QT_TRANSLATE_NOOP("CoreWords", "A %1 file cannot hold it. Choose %2 to keep it.")},
    {QT_TRANSLATE_NOOP("CoreWords", "It is a second picture track; only the first is enhanced.")},
    {QT_TRANSLATE_NOOP("CoreWords", "Data tracks of this kind cannot be carried over.")},
    {QT_TRANSLATE_NOOP("CoreWords", "They become %1; their text stays.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The output cannot hold chapters. Choose %1 to keep them.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The output cannot hold a timecode. Choose %1 to keep it.")},
    {QT_TRANSLATE_NOOP("CoreWords", "It starts at %1, where the range begins.")},
    {QT_TRANSLATE_NOOP("CoreWords", "The pictures will be stored in another form: %1.")},
    {QT_TRANSLATE_NOOP("CoreWords",
         "The clip is interlaced, so the result shows combs where things move. Deinterlace looks better."),
        "The footage is interlaced, so what is made of it will show combs where things move: choose \"deinterlace\" "
        "for "
        "a better result."},
    {QT_TRANSLATE_NOOP("CoreWords",
        "The clip says that it is not interlaced. Deinterlacing it all the same costs a little sharpness.")},
    {QT_TRANSLATE_NOOP("CoreWords",
        "The clip is damaged at frame %1. What could be decoded there, or else the nearest "
        "whole frame, was used.")},
};

struct Found {
    QString text;
    Weight weight;
};

std::vector<QRegularExpression> makePatterns()
{
    static const QRegularExpression kHole(QStringLiteral("\\\\%\\d"));
    std::vector<QRegularExpression> patterns;
    for (const Sentence& sentence : kSentences) {
        const char* said = sentence.said != nullptr ? sentence.said : sentence.shown;
        QString pattern = QRegularExpression::escape(QString::fromLatin1(said));
        pattern.replace(kHole, QStringLiteral("(.+?)"));
        if (pattern.startsWith(u'(')) {
            pattern.replace(0, 5, QStringLiteral("((?:[^.]|\\.(?! ))+?)")); // not the sentence before
        }
        patterns.emplace_back(
            QRegularExpression::anchoredPattern(pattern), QRegularExpression::DotMatchesEverythingOption);
    }
    return patterns;
}

std::optional<Found> find(const QString& text)
{
    static const std::vector<QRegularExpression> kPatterns = makePatterns();
    for (std::size_t i = 0; i < kPatterns.size(); ++i) {
        const QRegularExpressionMatch match = kPatterns[i].match(text);
        if (!match.hasMatch()) {
            continue;
        }
        // Not QString::arg(): a name may hold "%1".
        const QString shown = QCoreApplication::translate("CoreWords", kSentences[i].shown);
        QString filled;
        for (qsizetype at = 0; at < shown.size(); ++at) {
            const int number = shown[at] == u'%' && at + 1 < shown.size() ? shown[at + 1].digitValue() : -1;
            if (number > 0) {
                filled += match.captured(number);
                ++at;
            } else {
                filled += shown[at];
            }
        }
        return Found{filled, kSentences[i].weight};
    }
    return std::nullopt;
}

} // namespace

QString coreWords(const std::string& text)
{
    const QString whole = QString::fromStdString(text);
    if (const auto found = find(whole)) {
        return found->text;
    }
    static const QRegularExpression kBetween(QStringLiteral("(?<=\\.) (?=[A-Z0-9\"])"));
    QStringList sentences = whole.split(kBetween);
    for (QString& sentence : sentences) {
        if (const auto found = find(sentence)) {
            sentence = found->text;
        }
    }
    return sentences.join(u' ');
}

bool isOnlyANote(const std::string& remark)
{
    const auto found = find(QString::fromStdString(remark));
    return found && found->weight == Weight::kNote;
}

} // namespace reelmend::ui::tasks
