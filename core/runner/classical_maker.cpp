#include "core/runner/frame_maker.h"
