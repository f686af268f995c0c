#include "core/models/prompt_embedding.h"

#include <ATen/ATen.h>

#include <map>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

namespace {

constexpr const char* kPrompt = "prompt_embedding";
constexpr const char* kPromptNames[] = {
    "encoder_hidden_states", "prompt_embeds", kPrompt}; // the last one there counts
constexpr const char* kNegative = "negative_prompt_embedding";
constexpr const char *kEncoder = "encoder", *kText = "text", *kNegativeText = "negative_text";

base::Error embeddingError(const std::filesystem::path& path, std::string why)
{
    return base::Error(base::ErrorKind::kInput,
        "\"" + base::pathText(path.filename()) + "\" cannot be read as a prompt embedding.", std::move(why),
        "Make one with reelmend-cli prompt, or use the one that came with the model.");
}

at::Tensor readRows(const SafetensorsFile& file, const StoredTensor& stored)
{
    ReadOptions how;
    how.options = at::TensorOptions(at::kFloat);
    how.refuseNonFinite = true;
    const bool isBatch = stored.shape.size() == 3 && stored.shape[0] == 1;
    if ((stored.shape.size() != 2 && !isBatch) || stored.elements() == 0) {
        throw embeddingError(file.path(), "Its tensor \"" + stored.name + "\" is not [tokens, channels].");
    }
    const at::Tensor rows = file.read(stored, how);
    return isBatch ? rows.squeeze(0) : rows;
}

} // namespace

void writePromptEmbedding(const std::filesystem::path& path, const PromptEmbedding& embedding)
{
    NamedTensors tensors = {{kPrompt, embedding.prompt}};
    std::map<std::string, std::string> metadata = {{kEncoder, embedding.encoder}, {kText, embedding.text}};
    if (embedding.negative.defined()) {
        tensors.emplace_back(kNegative, embedding.negative);
        metadata[kNegativeText] = embedding.negativeText;
    }
    writeSafetensors(path, tensors, metadata);
}

PromptEmbedding readPromptEmbedding(const std::filesystem::path& path)
{
    const SafetensorsFile file(path);
    const auto& header = file.header();
    const StoredTensor* prompt = header.tensors.size() == 1 ? &header.tensors[0] : nullptr;
    for (const char* name : kPromptNames) {
        prompt = file.find(name) ? file.find(name) : prompt;
    }
    const StoredTensor* negative = file.find(kNegative);
    if (!prompt) {
        throw embeddingError(path,
            "It holds " + std::to_string(header.tensors.size()) + " tensors, none of which is \"" + kPrompt + "\".");
    }
    const auto told = [&](const char* key) {
        const auto found = header.metadata.find(key);
        return found == header.metadata.end() ? std::string() : found->second;
    };
    PromptEmbedding embedding;
    embedding.prompt = readRows(file, *prompt);
    embedding.name = prompt->name;
    if (negative) {
        embedding.negative = readRows(file, *negative);
        if (embedding.negative.size(1) != embedding.prompt.size(1)) {
            throw embeddingError(path, "Its prompt and its negative prompt are of different text encoders.");
        }
    }
    embedding.encoder = told(kEncoder);
    embedding.text = told(kText);
    embedding.negativeText = told(kNegativeText);
    return embedding;
}

at::Tensor paddedPrompt(const at::Tensor& embedding, std::int64_t rows)
{
    if (embedding.size(0) > rows) {
        throw base::Error(base::ErrorKind::kUsage, "The prompt does not fit this model.",
            "It has " + std::to_string(embedding.size(0)) + " tokens; the model takes " + std::to_string(rows) + ".",
            "Make a shorter prompt with reelmend-cli prompt.");
    }
    return at::constant_pad_nd(embedding, {0, 0, 0, rows - embedding.size(0)}).unsqueeze(0);
}

} // namespace reelmend::models
