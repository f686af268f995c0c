#include "core/plan/model_footprint.h"

#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace reelmend::plan {

namespace {

// The field lists stand once and serve both directions: `archive(name, value)` writes or reads one field.
template <class Archive, class Group> void groupFields(Archive&& archive, Group& g)
{
    archive("latents", g.latents);
    archive("frames", g.frames);
    archive("saved_lean", g.savedLean);
    archive("saved_stock", g.savedStock);
    archive("saved_trained", g.savedTrained);
    archive("work_elements", g.workElements);
    archive("backward_elements", g.backwardElements);
    archive("flops", g.flops);
}

template <class Archive, class Codec> void codecFields(Archive&& archive, Codec& c)
{
    archive("parameters", c.parameters);
    archive("latent_channels", c.latentChannels);
    archive("frame_channels", c.frameChannels);
    archive("spatial_stride", c.spatialStride);
    archive("reach", c.reach);
    archive("halo_cells", c.haloCells);
    archive("cache_slots", c.cacheSlots);
    archive("cache_elements", c.cacheElements);
    archive("attention_flops", c.attentionFlops);
}

template <class Archive, class Denoiser> void denoiserFields(Archive&& archive, Denoiser& d)
{
    archive("parameters", d.parameters);
    archive("input_channels", d.inputChannels);
    archive("latent_channels", d.latentChannels);
    archive("patch_time", d.patchTime);
    archive("patch_height", d.patchHeight);
    archive("patch_width", d.patchWidth);
    archive("text_tokens", d.textTokens);
    archive("reach", d.reach);
    archive("attention_window", d.attentionWindow);
    archive("saved", d.saved);
    archive("saved_checkpointed", d.savedCheckpointed);
    archive("work_elements", d.workElements);
    archive("flops", d.flops);
    archive("attention_flops", d.attentionFlops);
}

struct Writer {
    nlohmann::json& json;
    template <class T> void operator()(const char* name, const T& value) { json[name] = value; }
};

struct Reader {
    const nlohmann::json& json;
    std::string where;
    template <class T> void operator()(const char* name, T& value)
    {
        const auto found = json.find(name);
        if (found == json.end() || !found->is_number()) {
            throw base::Error(base::ErrorKind::kInput, "The model's footprint cannot be read.",
                "Its field " + where + "." + name + (found == json.end() ? " is missing." : " is not a number."),
                "Write it again with reelmend-cli models inspect --json.");
        }
        value = found->template get<T>();
    }
};

nlohmann::json codecJson(const CodecFootprint& codec)
{
    nlohmann::json json, first, steady;
    codecFields(Writer{json}, codec);
    groupFields(Writer{first}, codec.first);
    groupFields(Writer{steady}, codec.steady);
    json["first_group"] = std::move(first);
    json["steady_group"] = std::move(steady);
    return json;
}

const nlohmann::json& object(const nlohmann::json& parent, const char* name, const std::string& where)
{
    const auto found = parent.find(name);
    if (found == parent.end() || !found->is_object()) {
        throw base::Error(base::ErrorKind::kInput, "The model's footprint cannot be read.",
            "Its part " + where + name + " is missing.", "Write it again with reelmend-cli models inspect --json.");
    }
    return *found;
}

std::optional<CodecFootprint> codecFromJson(const nlohmann::json& json, const char* name)
{
    if (!json.contains(name) || json[name].is_null()) {
        return std::nullopt;
    }
    const auto& part = object(json, name, "");
    CodecFootprint codec;
    codecFields(Reader{part, name}, codec);
    const std::string where = std::string(name) + ".";
    groupFields(Reader{object(part, "first_group", where), where + "first_group"}, codec.first);
    groupFields(Reader{object(part, "steady_group", where), where + "steady_group"}, codec.steady);
    return codec;
}

std::string text(const nlohmann::json& json, const char* name)
{
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

} // namespace

nlohmann::json toJson(const ModelFootprint& footprint)
{
    nlohmann::json json = {{"name", footprint.name}, {"family", footprint.family}};
    if (footprint.encoder) {
        json["encoder"] = codecJson(*footprint.encoder);
    }
    if (footprint.decoder) {
        json["decoder"] = codecJson(*footprint.decoder);
    }
    if (footprint.denoiser) {
        denoiserFields(Writer{json["denoiser"]}, *footprint.denoiser);
    }
    return json;
}

ModelFootprint modelFootprintFromJson(const nlohmann::json& json)
{
    if (!json.is_object()) {
        throw base::Error(base::ErrorKind::kInput, "The model's footprint cannot be read.",
            "It is not a JSON object.", "Write it again with reelmend-cli models inspect --json.");
    }
    ModelFootprint footprint;
    footprint.name = text(json, "name");
    footprint.family = text(json, "family");
    footprint.encoder = codecFromJson(json, "encoder");
    footprint.decoder = codecFromJson(json, "decoder");
    if (json.contains("denoiser") && !json["denoiser"].is_null()) {
        footprint.denoiser.emplace();
        denoiserFields(Reader{object(json, "denoiser", ""), "denoiser"}, *footprint.denoiser);
    }
    return footprint;
}

} // namespace reelmend::plan
