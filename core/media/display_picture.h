#pragma once
#include "core/media/av_frame.h"
#include "core/video/clip_info.h"
#include "core/video/display_transform.h"

namespace reelmend::media {

// Makes what the viewer shows: 8-bit RGB at the wanted size, upright, square pixels, PQ, HLG and linear light turned
// into what a screen shows. Internal.
class DisplayPicture {
public:
    DisplayPicture(const video::ClipInfo& info, bool isBgra, int threads);
    void setMaximumSize(int width, int height); // 0 = the clip's display size
    video::Frame make(const AVFrame& frame, const video::FrameTime& time);

private:
    FramePtr emptyPicture(const AVFrame& like, int width, int height);
    FramePtr exact(const AVFrame& frame);
    FramePtr throughTransform(const AVFrame& frame, int width, int height);

    int displayWidth_, displayHeight_, rotation_;
    int width_ = 0, height_ = 0; // of the upright picture
    AVPixelFormat format_;
    Scaler scaler_;
    BufferPoolPtr pool_; // of exact(): fresh memory for each frame costs as much as the conversion
    std::size_t poolBytes_ = 0;
    video::DisplayTransform transform_ = video::DisplayTransform::kNone; // the map's
    video::Primaries primaries_ = video::Primaries::kUnspecified;
    std::unique_ptr<video::ScreenMap> map_; // made when a frame asks for one
};

// The frame marked isConcealed.
video::Frame concealed(const video::Frame& frame);

} // namespace reelmend::media
