#include <ATen/ATen.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <set>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

namespace {

constexpr std::int64_t kPieceElements = 1 << 20;

class Output {
public:
    explicit Output(const std::filesystem::path& path)
        : path_(path)
        , file_(std::fopen(path.c_str(), "wb"))
    {
        if (!file_) {
            fail();
        }
    }
    ~Output()
    {
        if (file_) {
            std::fclose(file_);
        }
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    void write(const void* data, std::size_t bytes)
    {
        if (bytes > 0 && std::fwrite(data, 1, bytes, file_) != bytes) {
            fail();
        }
    }
    void close()
    {
        std::FILE* file = file_;
        file_ = nullptr;
        if (std::fclose(file) != 0) {
            fail();
        }
    }

private:
    [[noreturn]] void fail() const
    {
        const int error = errno;
        throw base::systemError(
            error == ENOSPC || error == EDQUOT ? base::ErrorKind::kDiskFull : base::ErrorKind::kOutput,
            "The file " + base::pathText(path_) + " cannot be written.", error);
    }
    std::filesystem::path path_;
    std::FILE* file_;
};

// The header in the order of the data; nlohmann's ordered_json keeps it.
std::string headerText(
    const std::vector<const NamedTensors::value_type*>& order, const std::map<std::string, std::string>& metadata)
{
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    if (!metadata.empty()) {
        json["__metadata__"] = metadata;
    }
    std::uint64_t offset = 0;
    for (const auto* entry : order) {
        const auto& [name, tensor] = *entry;
        const std::uint64_t end = offset + tensor.nbytes();
        json[name] = {{"dtype", typeName(*storedTypeOf(tensor.scalar_type()))}, {"shape", tensor.sizes().vec()},
            {"data_offsets", {offset, end}}};
        offset = end;
    }
    std::string text = json.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
}

} // namespace

void writeSafetensors(const std::filesystem::path& path, const NamedTensors& tensors,
    const std::map<std::string, std::string>& metadata)
{
    std::set<std::string> names;
    std::vector<const NamedTensors::value_type*> order;
    for (const auto& entry : tensors) {
        if (!names.insert(entry.first).second || entry.first == "__metadata__") {
            throw base::Error(base::ErrorKind::kUsage, "The tensors cannot be written to one file.",
                "The name \"" + entry.first + "\" stands twice or is reserved.");
        }
        if (!entry.second.defined() || !storedTypeOf(entry.second.scalar_type())) {
            throw base::Error(base::ErrorKind::kUsage, "The tensors cannot be written to one file.",
                "Tensor \"" + entry.first + "\" has no value, or one of a type that safetensors lacks.");
        }
        order.push_back(&entry);
    }
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        const auto sizeA = a->second.element_size(), sizeB = b->second.element_size();
        return sizeA != sizeB ? sizeA > sizeB : a->first < b->first;
    });

    base::PartFile part(path);
    Output output(part.path());
    const std::string header = headerText(order, metadata);
    const std::uint64_t length = header.size();
    char eight[8];
    for (int i = 0; i < 8; ++i) {
        eight[i] = static_cast<char>(length >> (8 * i) & 0xff);
    }
    output.write(eight, 8);
    output.write(header.data(), header.size());
    for (const auto* entry : order) {
        const at::Tensor flat = entry->second.detach().contiguous().view({-1});
        for (std::int64_t done = 0; done < flat.numel(); done += kPieceElements) {
            const at::Tensor piece =
                flat.narrow(0, done, std::min(kPieceElements, flat.numel() - done)).to(at::kCPU).contiguous();
            output.write(piece.const_data_ptr(), piece.nbytes());
        }
    }
    output.close();
    part.commit();
}

} // namespace reelmend::models
