#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "core/base/error.h"
#include "core/tensor/layout.h"

using namespace reelmend;

TEST_CASE("frames become a tensor and come back unchanged, values outside the range too")
{
    std::vector<video::ImageF> images;
    for (int t = 0; t < 3; ++t) {
        video::ImageF image(4, 2, 3);
        for (std::size_t i = 0; i < image.pixels.size(); ++i) {
            image.pixels[i] = 0.125f * static_cast<float>(i) - 0.5f + static_cast<float>(t);
        }
        images.push_back(std::move(image));
    }
    const at::Tensor tensor = tensor::videoFromImages(images);
    CHECK((tensor.sizes() == at::IntArrayRef{1, 3, 3, 2, 4}));
    CHECK(tensor.is_contiguous(at::MemoryFormat::ChannelsLast3d));
    // frame 1, row 1, column 2, green
    CHECK(tensor[0][1][1][1][2].item<float>() == images[1].row(1)[2 * 3 + 1] * 2 - 1);
    CHECK((tensor::imagesFromVideo(tensor) == images));
    images[1] = video::ImageF(5, 2, 3);
    CHECK_THROWS_AS(tensor::videoFromImages(images), base::Error);
    CHECK_THROWS_AS(tensor::videoFromImages({}), base::Error);
}

TEST_CASE("padding repeats borders and the last frame")
{
    const at::Tensor x = at::arange(2 * 3 * 5, at::kFloat).view({1, 1, 2, 3, 5});
    const at::Tensor padded = tensor::padToMultiple(x, 4);
    CHECK((padded.sizes() == at::IntArrayRef{1, 1, 2, 4, 8}));
    CHECK(padded[0][0][1][3][7].item<float>() == x[0][0][1][2][4].item<float>());
    CHECK(tensor::padFrames(x, 1, 4).size(2) == 5);
    CHECK(tensor::padFrames(x, 1, 1).size(2) == 2);
    CHECK(at::equal(tensor::padFrames(x, 1, 4).select(2, 4), x.select(2, 1)));
}
