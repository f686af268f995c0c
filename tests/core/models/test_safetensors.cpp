#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "core/models/safetensors.h"
