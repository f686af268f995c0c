#pragma once
#include <functional>
#include <string>

#include "core/models/footprint.h"

// A footprint depends on a network's names and shapes alone, and measuring one takes a quarter of a minute: it is
// measured once per kind of network and kept in base::cacheFolder(). A kept one that cannot be read is measured anew.
namespace reelmend::models {

// Sixteen hexadecimal digits that stand for a codec's family, names and shapes: the same for all its weights.
std::string networkFingerprint(CausalDecoder& decoder);
std::string networkFingerprint(CausalEncoder& encoder);

// Told before something is measured, for a line to whoever waits; may be null.
using BeforeMeasuring = std::function<void()>;

plan::CodecFootprint keptFootprint(CausalDecoder& decoder, const BeforeMeasuring& before = {});
plan::CodecFootprint keptFootprint(CausalEncoder& encoder, const BeforeMeasuring& before = {});

} // namespace reelmend::models
