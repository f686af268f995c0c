#pragma once
#include <filesystem>
#include <string_view>

// Files that come with the program: weights and the like.
namespace reelmend::base {

// The file of that name under resources/ ("models/lite.safetensors"): in the folder that REELMEND_RESOURCES_DIR
// names, else in ../share/reelmend beside the program's own folder, else in the resources folder of a source tree
// that the program was built in. Empty where it is in none of them. Never throws.
std::filesystem::path resourceFile(std::string_view name);

} // namespace reelmend::base
