#include "tests/support/sparse_checkpoint.h"

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/models/tensor_list.h"

namespace reelmend::test {

std::uint64_t writeSparseCheckpoint(const std::filesystem::path& list, const std::filesystem::path& path)
{
    const auto header = models::parseTensorList(base::readFile(list), base::pathText(list.filename()));
    nlohmann::ordered_json json;
    std::uint64_t end = 0;
    for (const auto& tensor : header.tensors) {
        json[tensor.name] = {{"dtype", models::typeName(tensor.type)}, {"shape", tensor.shape},
            {"data_offsets", {tensor.begin, tensor.end}}};
        end = tensor.end;
    }
    const std::string text = json.dump();
    std::string length;
    for (int i = 0; i < 8; ++i) {
        length.push_back(static_cast<char>(text.size() >> (8 * i) & 0xff));
    }
    std::ofstream(path, std::ios::binary) << length << text;
    std::filesystem::resize_file(path, 8 + text.size() + end);
    return end;
}

} // namespace reelmend::test
