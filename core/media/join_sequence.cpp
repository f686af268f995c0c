#include "core/media/join_sequence.h"

#include <unistd.h>

#include "core/base/files.h"
#include "core/media/picture_folder.h"
#include "core/media/sequence.h"

namespace reelmend::media {

namespace fs = std::filesystem;

void joinSequences(const std::vector<fs::path>& segments, const fs::path& output, const JoinSettings& settings)
{
    PictureFolder folder(output, 1);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (!namesSequence(segments[i])) {
            throw base::Error(base::ErrorKind::kInput, quoted(segments[i]) + " cannot be joined.",
                "Numbered pictures are made of segments of numbered pictures only.");
        }
        const Sequence pictures = findSequence(segments[i]);
        if (pictureCodec(pictures.file(0)) != pictureCodec(output)) {
            throw base::Error(base::ErrorKind::kInput, quoted(segments[i]) + " cannot be joined.",
                "Its pictures are of another kind than the output.", "Make the segments anew.");
        }
        for (std::int64_t slot = 0; slot < pictures.length(); ++slot) {
            if (settings.control) {
                settings.control->checkpoint();
            }
            if (pictures.isHole(slot)) {
                throw base::Error(base::ErrorKind::kInput, quoted(segments[i]) + " cannot be joined.",
                    "Picture " + std::to_string(pictures.numberAt(slot)) + " is missing.", "Make the segment anew.");
            }
            folder.link(pictures.file(slot));
        }
        if (settings.progress) {
            settings.progress(static_cast<double>(i + 1) / static_cast<double>(segments.size()));
        }
    }
    folder.commit();
}

} // namespace reelmend::media
