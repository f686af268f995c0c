#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>

// What a text encoder made of a prompt, kept in a file: the encoder, of ten gigabytes and more, runs once per prompt.
namespace reelmend::models {

struct PromptEmbedding {
    at::Tensor prompt;   // [tokens, channels]
    std::string name;    // of the prompt's tensor in the file it was read from
    at::Tensor negative; // the same of what the picture should not be; may be undefined
    std::string encoder; // T5Config::identity(); empty = the file does not say
    std::string text;    // of the prompt; empty = the empty prompt, or not told
    std::string negativeText;
};

// A safetensors file with "prompt_embedding", "negative_prompt_embedding" where there is one, and metadata "encoder",
// "text", "negative_text". Throws base::Error as writeSafetensors does.
void writePromptEmbedding(const std::filesystem::path& path, const PromptEmbedding& embedding);

// Such a file, one whose prompt is called as diffusers calls it ("prompt_embeds", "encoder_hidden_states"), DOVE's
// precomputed one of the empty prompt (the one tensor, no metadata), or any file of one tensor, .pt and .pth too:
// [tokens, channels] or [1, tokens, channels]. In float32 on the CPU. Throws base::Error(kInput) that names file,
// tensor and reason.
PromptEmbedding readPromptEmbedding(const std::filesystem::path& path);

// [tokens, channels] -> [1, rows, channels], rows of zeros behind, as Wan's transformer takes it. Throws
// base::Error(kUsage) where the embedding has more than `rows` tokens.
at::Tensor paddedPrompt(const at::Tensor& embedding, std::int64_t rows);

} // namespace reelmend::models
