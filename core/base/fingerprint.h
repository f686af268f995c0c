#pragma once
#include <string>
#include <string_view>

namespace reelmend::base {

// FNV-1a, 64 bits, as sixteen hexadecimal digits: the same on every machine, and nobody is to be kept out by it.
std::string textFingerprint(std::string_view text);

} // namespace reelmend::base
