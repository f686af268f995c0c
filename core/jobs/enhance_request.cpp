#include "core/jobs/enhance_request.h"
