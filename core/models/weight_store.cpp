#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

namespace fs = std::filesystem;

namespace {

base::Error storeError(const std::string& label, std::string why, std::string hint = {})
{
    return base::Error(
        base::ErrorKind::kInput, "\"" + label + "\" cannot be read as a model.", std::move(why), std::move(hint));
}

bool isIndex(const fs::path& path)
{
    return base::pathText(path.filename()).ends_with(".safetensors.index.json");
}

bool isTorchFile(const fs::path& path)
{
    const auto extension = path.extension();
    return extension == ".pth" || extension == ".pt" || extension == ".ckpt";
}

// The one checkpoint of a folder: diffusers' and transformers' names first, else the only candidate there is.
fs::path checkpointIn(const fs::path& folder)
{
    for (const char* stem : {"diffusion_pytorch_model", "model"}) {
        for (const char* extension : {".safetensors.index.json", ".safetensors"}) {
            const auto candidate = folder / (std::string(stem) + extension);
            if (fs::exists(candidate)) {
                return candidate;
            }
        }
    }
    std::vector<fs::path> files, torchFiles, indexes;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (isIndex(entry.path())) {
            indexes.push_back(entry.path());
        } else if (entry.path().extension() == ".safetensors") {
            files.push_back(entry.path());
        } else if (isTorchFile(entry.path())) {
            torchFiles.push_back(entry.path());
        }
    }
    if (files.empty()) { // safetensors first: what was converted is meant to be used
        files = torchFiles;
    }
    if (indexes.size() == 1) {
        return indexes[0];
    }
    if (indexes.empty() && files.size() == 1) {
        return files[0];
    }
    throw storeError(base::pathText(folder),
        files.empty() && indexes.empty() ? "The folder holds no .safetensors, .pth, .pt or .ckpt file."
                                         : "The folder holds several checkpoints.",
        "Name the file itself, or the subfolder of the part that is meant, for example vae.");
}

} // namespace

WeightStore WeightStore::open(const fs::path& path)
{
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
        throw storeError(base::pathText(path), "There is no such file or folder.", "Check the path.");
    }
    const fs::path file = fs::is_directory(path, ignored) ? checkpointIn(path) : path;
    WeightStore store;
    store.label_ = base::pathText(file.filename());
    store.folder_ = file.parent_path();
    if (!isIndex(file)) {
        store.files_.emplace_back(file);
    } else {
        const ShardIndex index = parseShardIndex(base::readFile(file, kMaximumHeaderBytes), store.label_);
        std::set<std::string> names;
        for (const auto& [tensor, name] : index.files) {
            names.insert(name);
        }
        for (const auto& name : names) {
            const fs::path shard = store.folder_ / base::pathFromText(name);
            if (!fs::exists(shard, ignored)) {
                throw storeError(store.label_, "Its part \"" + name + "\" is missing.",
                    "Put all parts of the model into one folder.");
            }
            store.files_.emplace_back(shard);
        }
        std::uint64_t bytes = 0;
        for (const auto& shard : store.files_) {
            const std::string shardName = base::pathText(shard.path().filename());
            for (const auto& tensor : shard.header().tensors) {
                bytes += tensor.bytes();
                const auto told = index.files.find(tensor.name);
                if (told == index.files.end() || told->second != shardName) {
                    throw storeError(store.label_, "The part \"" + shardName + "\" holds the tensor \"" +
                                                       tensor.name + "\", which the index does not place there.");
                }
            }
        }
        for (const auto& [tensor, name] : index.files) {
            const bool there =
                std::any_of(store.files_.begin(), store.files_.end(), [&](const SafetensorsFile& shard) {
                    return base::pathText(shard.path().filename()) == name && shard.find(tensor);
                });
            if (!there) {
                throw storeError(store.label_,
                    "The tensor \"" + tensor + "\" is not in the part \"" + name + "\" that the index names.");
            }
        }
        if (index.totalBytes != 0 && index.totalBytes != bytes) {
            throw storeError(store.label_, "The index promises " + std::to_string(index.totalBytes) +
                                               " bytes of tensors, its parts hold " + std::to_string(bytes) + ".");
        }
    }
    for (const auto& opened : store.files_) {
        for (const auto& tensor : opened.header().tensors) {
            store.places_.emplace(tensor.name, Place{&opened, &tensor});
        }
    }
    return store;
}

const WeightStore::Place* WeightStore::find(const std::string& name) const
{
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : &found->second;
}

std::uint64_t WeightStore::bytes() const
{
    std::uint64_t total = 0;
    for (const auto& [name, place] : places_) {
        total += place.tensor->bytes();
    }
    return total;
}

at::Tensor WeightStore::read(const std::string& name, const ReadOptions& how) const
{
    const Place* place = find(name);
    if (!place) {
        throw storeError(label_, "The tensor \"" + name + "\" is missing.");
    }
    return place->file->read(*place->tensor, how);
}

} // namespace reelmend::models
