#include "app/cli/adapter_text.h"

#include <charconv>
#include <string_view>
#include <system_error>

namespace reelmend::cli {

AdapterText parseAdapter(const std::string& text)
{
    constexpr std::string_view kEnding = ".safetensors:";
    const std::size_t colon = text.rfind(kEnding);
    if (colon == std::string::npos) {
        return {text, 1, {}};
    }
    const std::size_t end = colon + kEnding.size() - 1;
    AdapterText adapter{text.substr(0, end), 1, {}};
    const std::string number = text.substr(end + 1);
    const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), adapter.strength);
    if (error != std::errc() || rest != number.data() + number.size()) {
        adapter.problem = "The strength of an adapter is a number, not \"" + number + "\".";
    }
    return adapter;
}

} // namespace reelmend::cli
