#pragma once
#include <opencv2/core.hpp>

#include "core/video/image.h"

// Pictures of core/video as OpenCV sees them, without copying. Only .cpp files include this.
namespace reelmend::vision::detail {

template <class T> cv::Mat view(video::Image<T>& image)
{
    return {image.height, image.width, CV_MAKETYPE(cv::DataType<T>::depth, image.channels), image.pixels.data()};
}

// OpenCV has no read-only Mat: the caller must not write through it.
template <class T> cv::Mat view(const video::Image<T>& image)
{
    return view(const_cast<video::Image<T>&>(image));
}

template <class T> video::Image<T> copied(const cv::Mat& mat)
{
    video::Image<T> image(mat.cols, mat.rows, mat.channels());
    cv::Mat target = view(image);
    mat.copyTo(target);
    return image;
}

// Results of some OpenCV functions depend on its number of threads, and so on the machine (DIS searches in as many
// stripes as there are threads). It is kept to one here; who wants more speed runs several calls side by side.
void useOneThread();

} // namespace reelmend::vision::detail
