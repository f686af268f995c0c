#include "core/base/fingerprint.h"

#include <cstdint>
#include <cstdio>

namespace reelmend::base {

std::string textFingerprint(std::string_view text)
{
    std::uint64_t hash = 14695981039346656037u;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    }
    char hex[17];
    std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(hash));
    return hex;
}

} // namespace reelmend::base
