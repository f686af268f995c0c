#pragma once
#include <memory>

#include "core/classical/enhancer.h"

namespace reelmend::classical {

// Lanczos (three lobes) of zimg in the clip's own planes: no conversion to RGB, chroma stays where it is sited.
std::unique_ptr<Enhancer> makeUpscaler(
    const Settings& settings, video::FrameSource& source, const base::Control& control);

} // namespace reelmend::classical
