#pragma once
#include <string>
#include <vector>

#include "core/media/ffmpeg.h"
#include "core/media/join.h"

namespace reelmend::media {

// What of a source goes into an output, decided before anything is written. Internal.
struct CarryPlan {
    enum class How { kCopy, kAttachPicture, kConvertSubtitles, kLeave };
    struct Stream {
        int source = 0; // index in the source
        How how = How::kLeave;
    };
    std::vector<Stream> streams; // without the footage
    bool keepsChapters = false;
    bool keepsMetadata = false;
    std::string timecode; // of the output's first frame; empty = none
    std::vector<CarryItem> items;
};

struct CarryTarget {
    const AVOutputFormat* format = nullptr; // null = a sequence of pictures
    std::string extension;                  // ".mp4", for messages
    bool isPart = false;                    // a range that is not the whole clip
    std::int64_t firstFrame = 0;            // of the range
};

CarryTarget carryTarget(const std::filesystem::path& output);
CarryPlan makeCarryPlan(const AVFormatContext& source, int footage, const CarryTarget& target);

// Adds an output stream for a carried one, with parameters, metadata and disposition.
AVStream* addCarriedStream(AVFormatContext* output, const AVStream& source, CarryPlan::How how);
// Metadata of the whole, and chapters cut to [begin, end) and moved by -begin; times in seconds * AV_TIME_BASE.
void copyMetadata(AVFormatContext* output, const AVFormatContext& source, const CarryPlan& plan);
void copyChapters(
    AVFormatContext* output, const AVFormatContext& source, std::int64_t shift, std::int64_t begin, std::int64_t end);
// Stream side data that describes colour and geometry and that no encoder writes by itself.
void copyVideoSideData(AVStream* to, const AVStream& from);
// Mastering display and light levels that the source keeps inside its pictures rather than in the container.
void copyHdrMetadata(AVStream* to, const std::filesystem::path& source, int stream);

// What stands inside the pictures' own data and is lost when they are coded anew: closed captions, the part of HDR
// that changes from picture to picture.
std::vector<CarryItem> itemsInsidePictures(const std::filesystem::path& source, const AVStream& footage);

// What the finished file lacks although the plan kept it; changes the items accordingly.
void verifyCarried(
    const std::filesystem::path& written, const AVFormatContext& source, std::vector<CarryItem>& items);

} // namespace reelmend::media
