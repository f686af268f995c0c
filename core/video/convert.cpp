#include "core/video/convert.h"
