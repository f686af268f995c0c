#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/engine_options.h"
#include "app/cli/prompt_tokens.h"
#include "app/cli/stop_signals.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/models/prompt_embedding.h"
#include "core/models/t5_encoder.h"
#include "core/tensor/device.h"

namespace reelmend::cli {

namespace {

// Tokens that the public models take: Wan's pipelines cut at 512 and mask what is behind, CogVideoX's fill up to 226
// and attend to it.
constexpr std::size_t kUmt5Tokens = 512, kT5Tokens = 226, kMostTokens = 4096;

struct PromptOptions {
    std::string text, model, out, tokens, tokenizer;
    std::optional<std::string> negative;
    std::size_t length = 0; // 0 = the family's
    EngineOptions engine;
    bool asJson = false;
};

struct Prompts {
    std::vector<std::vector<std::int64_t>> tokens; // the prompt, then the negative one where there is one
    std::string tokenizer;
};

// A file of tokens: JSON, [5, 1] or {"prompt": [5, 1], "negative": [1]}.
std::vector<std::vector<std::int64_t>> tokensInFile(const std::string& name)
{
    const auto path = base::pathFromText(name);
    const auto fail = [&](const std::string& why) {
        throw base::Error(base::ErrorKind::kInput,
            "\"" + base::pathText(path.filename()) + "\" cannot be read as tokens.", why,
            "Write a list of whole numbers, [5, 1], or {\"prompt\": [5, 1], \"negative\": [1]}.");
    };
    const auto numbers = [&](const nlohmann::json& list) {
        std::vector<std::int64_t> tokens;
        if (!list.is_array() || list.empty() || list.size() > kMostTokens) {
            fail("A prompt is not a list of 1 to " + std::to_string(kMostTokens) + " numbers.");
        }
        for (const auto& value : list) {
            if (!value.is_number_unsigned() || value > 100'000'000) {
                fail("\"" + value.dump() + "\" is not a token.");
            }
            tokens.push_back(value.get<std::int64_t>());
        }
        return tokens;
    };
    const auto json = nlohmann::json::parse(base::readFile(path, 1 << 20), nullptr, false);
    if (json.is_array()) {
        return {numbers(json)};
    }
    if (!json.is_object() || !json.contains("prompt")) {
        fail("It is neither a list nor an object with a \"prompt\".");
    }
    std::vector<std::vector<std::int64_t>> all = {numbers(json["prompt"])};
    if (json.contains("negative")) {
        all.push_back(numbers(json["negative"]));
    }
    return all;
}

// ComfyUI's files carry the tokenizer as a tensor of bytes.
std::string tokenizerInWeights(const models::WeightStore& store, const std::string& prefix)
{
    const auto* place = store.find(prefix + "spiece_model");
    if (!place || place->tensor->type != models::StoredType::kU8) {
        return {};
    }
    const at::Tensor bytes = store.read(prefix + "spiece_model", {}).contiguous();
    return {static_cast<const char*>(bytes.const_data_ptr()), static_cast<std::size_t>(bytes.numel())};
}

Prompts tokensFor(const PromptOptions& options, const models::WeightStore& store, const models::DetectedT5& found,
    const std::filesystem::path& encoder)
{
    if (!options.tokens.empty()) {
        return {tokensInFile(options.tokens), options.tokens};
    }
    const bool isUmt5 = found.config.biasInEveryLayer;
    TokenizerChoice choice;
    choice.file = base::pathFromText(options.tokenizer);
    choice.encoder = encoder;
    choice.embedded = tokenizerInWeights(store, found.prefix);
    choice.cleans = isUmt5;
    choice.most = options.length > 0 ? options.length : isUmt5 ? kUmt5Tokens : kT5Tokens;
    std::vector<std::string> texts = {options.text};
    if (options.negative) {
        texts.push_back(*options.negative);
    }
    TokenizedPrompts made = tokenized(texts, choice);
    for (auto& tokens : made.tokens) {
        if (!isUmt5) { // which attends to what fills up
            tokens.resize(choice.most, made.padding);
        }
    }
    return {std::move(made.tokens), made.tokenizer};
}

int encodePrompt(Output& output, const PromptOptions& options)
{
    if (!options.tokens.empty() && options.negative) {
        throw base::Error(base::ErrorKind::kUsage, "--tokens and --negative exclude each other.",
            "A file of tokens holds the negative prompt too.", "Leave out one of them.");
    }
    base::Control control;
    const StopSignals signals(control);
    const RunMeter meter;
    const auto encoder = models::findTextEncoder(base::pathFromText(options.model));
    const models::WeightStore store = models::WeightStore::open(encoder);
    const models::DetectedT5 found = models::detectT5(store);
    models::checkT5(store, found);
    const Prompts prompts = tokensFor(options, store, found, encoder);
    const models::LoadOptions how = options.engine.open(); // may measure the device: what is wrong is said before
    const auto encoded = models::encodeWithT5(store, found, prompts.tokens, how, control);

    models::PromptEmbedding embedding;
    const auto stored = [&](const at::Tensor& rows) { return rows.to(how.dtype); };
    embedding.prompt = stored(encoded[0]);
    embedding.negative = encoded.size() > 1 ? stored(encoded[1]) : at::Tensor();
    embedding.encoder = found.config.identity();
    embedding.text = options.text;
    embedding.negativeText = options.negative.value_or("");
    models::writePromptEmbedding(base::pathFromText(options.out), embedding);

    nlohmann::json report = {{"out", options.out}, {"encoder", embedding.encoder}, {"tokens", prompts.tokens[0]},
        {"tokenizer", prompts.tokenizer}, {"shape", embedding.prompt.sizes().vec()}, {"device", how.device.str()},
        {"dtype", tensor::dtypeText(how.dtype)}};
    if (encoded.size() > 1) {
        report["negative_tokens"] = prompts.tokens[1];
    }
    meter.addTo(report, how.device);
    if (options.asJson) {
        output.json(report);
    } else {
        output.line("Wrote " + options.out + ", " + std::to_string(embedding.prompt.size(0)) + " tokens by " +
                    embedding.encoder + ", in " + base::durationText(report["seconds"]) + ", peak memory " +
                    base::bytesText(report["peak_bytes"]) + ".");
    }
    return 0;
}

} // namespace

void addPrompt(CLI::App& app, Chosen& chosen)
{
    auto options = std::make_shared<PromptOptions>();
    CLI::App* prompt = app.add_subcommand("prompt", "Encode a prompt once, for models that take one");
    prompt->add_option("text", options->text, "The prompt; \"\" is the empty one")->required();
    prompt->add_option("--model", options->model, "A model's folder, its text_encoder folder, or a single file")
        ->required();
    prompt->add_option("-o,--out", options->out, "The safetensors file to write")->required();
    prompt->add_option("--negative", options->negative, "What the picture should not be");
    prompt->add_option("--tokens", options->tokens, "A JSON file with the tokens instead of a tokenizer");
    prompt->add_option("--tokenizer", options->tokenizer, "A spiece.model or tokenizer.model");
    prompt
        ->add_option(
            "--length", options->length, "Most tokens; T5 is filled up to it (default: 512 for UMT5, 226 for T5)")
        ->check(CLI::Range(std::size_t{1}, kMostTokens));
    prompt->add_flag("--json", options->asJson, "Tokens, seconds and peak bytes as one JSON object");
    options->engine.addTo(*prompt);
    prompt->callback([&chosen, options] {
        chosen.asJson = options->asJson;
        chosen.run = [options](Output& output) { return encodePrompt(output, *options); };
    });
}

} // namespace reelmend::cli
