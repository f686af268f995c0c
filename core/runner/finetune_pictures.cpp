#include "core/runner/finetune_pictures.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <system_error>

#include "core/base/files.h"
#include "core/media/picture.h"

namespace reelmend::runner {

namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const at::Tensor& picture) // uint8 [height, width, 3]
{
    video::Image8 image(static_cast<int>(picture.size(1)), static_cast<int>(picture.size(0)), 3);
    const at::Tensor rows = picture.contiguous();
    std::copy_n(rows.data_ptr<std::uint8_t>(), rows.numel(), image.pixels.data());
    media::writePng(path, image);
}

std::string numbered(const char* pattern, std::int64_t number)
{
    char text[64];
    std::snprintf(text, sizeof text, pattern, static_cast<long long>(number));
    return text;
}

// Pictures of earlier steps, but not their sheets.
void dropOlder(const fs::path& folder, const fs::path& newest)
{
    std::error_code code;
    for (fs::directory_iterator step(folder, code), end; !code && step != end; step.increment(code)) {
        if (step->path() == newest || !step->path().filename().string().starts_with("step-")) {
            continue;
        }
        std::error_code inner;
        for (fs::directory_iterator file(step->path(), inner), last; !inner && file != last; file.increment(inner)) {
            if (file->path().filename() != "sheet.png") {
                std::error_code ignored;
                fs::remove(file->path(), ignored);
            }
        }
    }
}

} // namespace

fs::path writeValidation(const fs::path& folder, std::int64_t step, const train::Validation& validation)
{
    const fs::path own = folder / numbered("step-%08lld", step);
    base::makeFolder(own);
    for (std::size_t i = 0; i < validation.clips.size(); ++i) {
        const train::ValidatedClip& clip = validation.clips[i];
        const std::int64_t middle = clip.result.size(0) / 2;
        const std::string number = numbered("%02lld-", static_cast<std::int64_t>(i));
        write(own / (number + "given.png"), train::framePicture(clip.given, middle));
        write(own / (number + "result.png"), train::framePicture(clip.result, middle));
        write(own / (number + "target.png"), train::framePicture(clip.target, middle));
        write(own / (number + "difference.png"), train::differencePicture(clip));
        write(own / (number + "slice.png"), train::timeSlice(clip));
    }
    write(own / "sheet.png", train::contactSheet(validation));
    dropOlder(folder, own);
    return own;
}

jobs::ValidationEvent eventOf(std::int64_t step, const train::Validation& validation)
{
    jobs::ValidationEvent event;
    event.step = step;
    event.psnrBefore = validation.before.psnr;
    event.psnr = validation.after.psnr;
    const auto add = [&](const char* name, double train::ClipScores::*score) {
        if (!std::isnan(validation.after.*score)) {
            event.scores.push_back({name, validation.before.*score, validation.after.*score});
        }
    };
    add("ssim", &train::ClipScores::ssim);
    add("lpips", &train::ClipScores::lpips);
    add("gmsd", &train::ClipScores::gmsd);
    add("flicker", &train::ClipScores::flicker);
    return event;
}

} // namespace reelmend::runner
