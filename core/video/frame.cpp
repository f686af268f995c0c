#include "core/video/frame.h"

#include <cstring>
#include <new>
#include <utility>

#include "core/base/error.h"

namespace reelmend::video {

namespace {

constexpr std::size_t kAlignment = 64;

} // namespace

Frame::Frame(Description description, std::array<Plane, 4> planes, std::shared_ptr<const void> owner)
    : data_(std::make_shared<const Data>(Data{std::move(description), planes, std::move(owner)}))
{}

Frame Frame::withTime(FrameTime time) const
{
    Description changed = data_->description;
    changed.time = time;
    return {std::move(changed), data_->planes, data_->owner};
}

Frame Frame::withColour(ColourTags colour) const
{
    Description changed = data_->description;
    changed.colour = colour;
    return {std::move(changed), data_->planes, data_->owner};
}

std::size_t Frame::sizeBytes() const
{
    if (isEmpty()) {
        return 0;
    }
    std::size_t bytes = 0;
    for (int p = 0; p < format().planeCount; ++p) {
        const std::ptrdiff_t stride = plane(p).stride;
        bytes += static_cast<std::size_t>(stride < 0 ? -stride : stride) *
                 static_cast<std::size_t>(format().planeHeight(p, height()));
    }
    return bytes;
}

FrameBuilder::FrameBuilder(Frame::Description description)
    : description_(std::move(description))
{
    const int width = description_.width;
    const int height = description_.height;
    if (width < 1 || height < 1 || width > 32768 || height > 32768) {
        throw base::Error(base::ErrorKind::kUsage,
            "A picture of " + std::to_string(width) + "x" + std::to_string(height) + " pixels cannot be made.",
            "Sides may be 1 to 32768 pixels long.");
    }
    std::size_t total = 0;
    std::array<std::size_t, 4> starts{};
    for (int p = 0; p < description_.format.planeCount; ++p) {
        const auto bytes = static_cast<std::size_t>(description_.format.planeWidthBytes(p, width));
        const std::size_t stride = (bytes + kAlignment - 1) / kAlignment * kAlignment;
        strides_[static_cast<std::size_t>(p)] = static_cast<std::ptrdiff_t>(stride);
        starts[static_cast<std::size_t>(p)] = total;
        total += stride * static_cast<std::size_t>(description_.format.planeHeight(p, height));
    }
    // Vector code of codecs and filters reads a little beyond the last row.
    total += kAlignment;
    auto* raw = static_cast<std::uint8_t*>(::operator new(total, std::align_val_t(kAlignment)));
    memory_.reset(raw, [](std::uint8_t* p) { ::operator delete(p, std::align_val_t(kAlignment)); });
    for (std::size_t p = 0; p < starts.size(); ++p) {
        planes_[p] = raw + starts[p];
    }
}

std::uint8_t* FrameBuilder::row(int plane, int y)
{
    return planes_[static_cast<std::size_t>(plane)] + strides_[static_cast<std::size_t>(plane)] * y;
}

Frame FrameBuilder::finish()
{
    std::array<Frame::Plane, 4> planes{};
    for (int p = 0; p < description_.format.planeCount; ++p) {
        const auto i = static_cast<std::size_t>(p);
        planes[i] = {planes_[i], strides_[i]};
    }
    return {std::move(description_), planes, std::exchange(memory_, nullptr)};
}

bool sameSamples(const Frame& a, const Frame& b)
{
    if (a.isEmpty() || b.isEmpty() || a.format() != b.format() || a.width() != b.width() ||
        a.height() != b.height()) {
        return false;
    }
    for (int p = 0; p < a.format().planeCount; ++p) {
        const auto bytes = static_cast<std::size_t>(a.format().planeWidthBytes(p, a.width()));
        for (int y = 0; y < a.format().planeHeight(p, a.height()); ++y) {
            if (std::memcmp(
                    a.plane(p).data + a.plane(p).stride * y, b.plane(p).data + b.plane(p).stride * y, bytes) != 0) {
                return false;
            }
        }
    }
    return true;
}

} // namespace reelmend::video
