#pragma once
#include <string_view>

namespace reelmend::text {

// "amp!26 nvap=224d-20d2 …": name, "!" where the name also counts without its semicolon, code points in hexadecimal;
// sorted by name.
std::string_view htmlEntityTable();

} // namespace reelmend::text
