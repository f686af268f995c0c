#pragma once
#include <memory>

#include "core/classical/enhancer.h"

namespace reelmend::classical {

std::unique_ptr<Enhancer> makeInpainter(
    const Settings& settings, video::FrameSource& source, video::MaskSource& mask, const base::Control& control);

} // namespace reelmend::classical
