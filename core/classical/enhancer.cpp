#include "core/classical/enhancer.h"

#include <string>

#include "core/base/error.h"
#include "core/classical/inpaint.h"
#include "core/classical/restore.h"
#include "core/classical/upscale.h"

namespace reelmend::classical {

namespace {

[[noreturn]] void refuse(const char* why, const char* hint)
{
    throw base::Error(base::ErrorKind::kUsage, "The classical model cannot do this.", why, hint);
}

} // namespace

std::unique_ptr<Enhancer> Enhancer::make(
    const Settings& settings, video::FrameSource& source, video::MaskSource* mask, const base::Control& control)
{
    if (!(settings.strength >= 0 && settings.strength <= 1)) {
        refuse("The strength is outside 0 to 1.", "Choose a strength between 0 and 1.");
    }
    switch (settings.task) {
    case jobs::Task::kUpscale:
        if (settings.scale != 2 && settings.scale != 4) {
            refuse("It enlarges by 2 or by 4.", "Choose one of the two.");
        }
        return makeUpscaler(settings, source, control);
    case jobs::Task::kInpaint:
        if (mask == nullptr) {
            refuse("There is no mask that says what to replace.", "Give a mask.");
        }
        return makeInpainter(settings, source, *mask, control);
    case jobs::Task::kRestore:
        return makeRestorer(settings, source, control);
    default:
        break;
    }
    refuse("It can upscale, inpaint and restore.", "Choose another task or model.");
}

} // namespace reelmend::classical
