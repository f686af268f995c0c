#pragma once
#include <filesystem>

namespace reelmend::test {

// A safetensors file of full size with the tensors of a list (core/models/tensor_list.h), all zeros: a hole on the
// disk, so that gigabytes cost nothing. Returns the bytes of its tensors.
std::uint64_t writeSparseCheckpoint(const std::filesystem::path& list, const std::filesystem::path& path);

} // namespace reelmend::test
