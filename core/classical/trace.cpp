#include "core/classical/trace.h"

#include <algorithm>
#include <future>

namespace reelmend::classical {

Box Box::grown(int margin, int maximumWidth, int maximumHeight) const
{
    return {std::max(left - margin, 0), std::max(top - margin, 0), std::min(right + margin, maximumWidth),
        std::min(bottom + margin, maximumHeight)};
}

Box boxOf(const video::Mask& mask)
{
    Box box{mask.width, mask.height, 0, 0};
    for (int y = 0; y < mask.height; ++y) {
        const std::uint16_t* row = mask.row(y);
        for (int x = 0; x < mask.width; ++x) {
            if (row[x] > 0) {
                box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + 1), y + 1};
            }
        }
    }
    return box;
}

namespace {

struct Walker {
    float x, y;
    bool isDone = false; // seen, or outside
};

// Follows every pixel in one direction of time.
class Walk {
public:
    Walk(ClipWindow& window, std::int64_t index, int direction, int threads)
        : window_(window)
        , index_(index)
        , direction_(direction)
        , threads_(threads)
    {}

    void run(const std::vector<std::int32_t>& pixels, base::FrameRange shot, std::int64_t stop,
        std::vector<Sight>& seen, std::vector<Sight>& atStop)
    {
        const int width = window_.width();
        const int height = window_.height();
        std::vector<Walker> walkers;
        walkers.reserve(pixels.size());
        for (const std::int32_t at : pixels) {
            walkers.push_back({static_cast<float>(at % width), static_cast<float>(at / width)});
        }
        seen.assign(pixels.size(), {});
        atStop.assign(pixels.size(), {});
        const auto report = [&](std::int64_t frame) {
            for (std::size_t i = 0; i < walkers.size(); ++i) {
                if (!walkers[i].isDone) {
                    atStop[i] = {walkers[i].x, walkers[i].y, static_cast<std::int32_t>(frame)};
                }
            }
        };
        if (stop == index_) {
            report(index_);
        }
        std::size_t active = walkers.size();
        for (int step = 1; step <= window_.reach() && active > 0; ++step) {
            const std::int64_t from = index_ + direction_ * (step - 1);
            const std::int64_t to = from + direction_;
            if (!shot.contains(to)) {
                break;
            }
            const CompactFlow& flow = direction_ > 0 ? window_.forward(from) : window_.backward(from);
            const Hole& hole = window_.hole(to);
            const auto advance = [&](std::size_t begin, std::size_t end) {
                for (std::size_t i = begin; i < end; ++i) {
                    Walker& w = walkers[i];
                    if (w.isDone) {
                        continue;
                    }
                    const CompactFlow::Step move = flow.at(w.x, w.y);
                    w.x += move.dx;
                    w.y += move.dy;
                    if (w.x < 0 || w.y < 0 || w.x > static_cast<float>(width - 1) ||
                        w.y > static_cast<float>(height - 1)) {
                        w.isDone = true;
                    } else if (!hole.covers(w.x, w.y)) {
                        w.isDone = true;
                        seen[i] = {w.x, w.y, static_cast<std::int32_t>(to)};
                    }
                }
            };
            if (threads_ > 1 && active > 4000) {
                const std::size_t middle = walkers.size() / 2;
                auto other = std::async(std::launch::async, [&] { advance(0, middle); });
                advance(middle, walkers.size());
                other.get();
            } else {
                advance(0, walkers.size());
            }
            if (to == stop) {
                report(to);
            }
            active = static_cast<std::size_t>(
                std::count_if(walkers.begin(), walkers.end(), [](const Walker& w) { return !w.isDone; }));
        }
    }

private:
    ClipWindow& window_;
    std::int64_t index_;
    int direction_, threads_;
};

} // namespace

HoleTrace traceHole(ClipWindow& window, std::int64_t index, base::FrameRange shot, std::int64_t firstStop,
    std::int64_t secondStop, int threads)
{
    HoleTrace trace;
    const video::Mask& mask = window.mask(index);
    for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
        if (mask.pixels[i] > 0) {
            trace.pixels.push_back(static_cast<std::int32_t>(i));
        }
    }
    Walk(window, index, -1, threads).run(trace.pixels, shot, firstStop, trace.earlier, trace.first);
    Walk(window, index, 1, threads).run(trace.pixels, shot, secondStop, trace.later, trace.second);
    return trace;
}

} // namespace reelmend::classical
