#include "core/vision/noise.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "core/vision/cv_image.h"

namespace reelmend::vision {

namespace {

constexpr int kBlock = 8;

// Mean absolute response to a mask that flat areas and edges leave at 0, as the deviation of white noise that would
// give it (Immerkaer, CVIU 1996), for the quietest tenth of the blocks. Blocks near black and white say nothing.
double quietBlocks(const cv::Mat& grey)
{
    const cv::Mat mask = (cv::Mat_<float>(3, 3) << 1, -2, 1, -2, 4, -2, 1, -2, 1);
    cv::Mat response;
    cv::filter2D(grey, response, CV_32F, mask);
    std::vector<double> levels;
    for (int y = 1; y + kBlock < grey.rows; y += kBlock) {
        for (int x = 1; x + kBlock < grey.cols; x += kBlock) {
            const cv::Rect block(x, y, kBlock, kBlock);
            const double mean = cv::mean(grey(block))[0];
            if (mean > 12 && mean < 243) {
                levels.push_back(cv::norm(response(block), cv::NORM_L1) / (kBlock * kBlock));
            }
        }
    }
    if (levels.empty()) {
        return 0;
    }
    const auto tenth = levels.begin() + static_cast<std::ptrdiff_t>(levels.size() / 10);
    std::nth_element(levels.begin(), tenth, levels.end());
    return *tenth * std::sqrt(3.14159265358979 / 2) / 6;
}

} // namespace

double noiseLevel(const video::Image8& grey)
{
    const cv::Mat full = detail::view(grey);
    cv::Mat half;
    cv::resize(full, half, cv::Size(std::max(1, full.cols / 2), std::max(1, full.rows / 2)), 0, 0, cv::INTER_AREA);
    // White noise halves with the size; a little less is assumed, and a tenth for what the quiet choice misses.
    return 1.2 * std::max(quietBlocks(full), 1.75 * quietBlocks(half));
}

video::ImageF boxMean(const video::ImageF& image, int radius)
{
    video::ImageF out(image.width, image.height, image.channels);
    cv::Mat target = detail::view(out);
    const cv::Size size(2 * radius + 1, 2 * radius + 1);
    cv::blur(detail::view(image), target, size, cv::Point(-1, -1), cv::BORDER_REPLICATE);
    return out;
}

video::Image8 softened(const video::Image8& image, double sigma)
{
    if (sigma <= 0) {
        return image;
    }
    video::Image8 out(image.width, image.height, image.channels);
    cv::Mat target = detail::view(out);
    cv::GaussianBlur(detail::view(image), target, cv::Size(0, 0), sigma, 0, cv::BORDER_REPLICATE);
    return out;
}

} // namespace reelmend::vision
