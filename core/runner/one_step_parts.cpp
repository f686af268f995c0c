#include "core/runner/one_step_parts.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/enhance/dove_enhancer.h"
#include "core/runner/model_choice.h"
#include "core/tensor/device.h"
#include "core/video/convert.h"

namespace reelmend::runner {

enhance::OneStepModel openOneStep(const jobs::EnhanceRequest& request)
{
    enhance::OneStepPrecision precision;
    precision.device = tensor::deviceFromText(request.device == "auto" ? "cpu" : request.device);
    precision.transformer = precision.decoder = tensor::dtypeFromText("auto", precision.device);
    enhance::OneStepFiles files = enhance::oneStepFiles(weightFile(request.model));
    for (const jobs::AdapterUse& adapter : request.adapters) {
        files.adapters.push_back({base::pathFromText(adapter.path), adapter.strength});
    }
    return enhance::OneStepModel::open(files, precision);
}

std::filesystem::path promptFile(const jobs::EnhanceRequest& request)
{
    if (!request.promptEmbedding.empty()) {
        return base::pathFromText(request.promptEmbedding);
    }
    std::filesystem::path file = enhance::emptyPromptFile(weightFile(request.model));
    if (file.empty()) {
        throw base::Error(base::ErrorKind::kInput, "\"" + request.model + "\" cannot be used to enhance.",
            "DOVE's embedding of the empty prompt (e3b0c442…b855.safetensors) is neither in it nor in a folder "
            "prompt_embeddings in or beside it.",
            "Put that file there, or name a prompt embedding.");
    }
    return file;
}

enhance::PreparedClip preparedClip(
    FrameShelf& shelf, vision::CutFinder& cuts, video::MaskSource* mask, const base::Control& control)
{
    const auto prepare = [&shelf, mask](std::int64_t i) {
        enhance::PreparedFrame prepared;
        prepared.rgb = video::toRgbFloat(shelf.frame(i));
        if (mask) {
            prepared.mask = mask->mask(i);
        }
        return prepared;
    };
    const auto startsShot = [&cuts, &control](std::int64_t i) {
        control.checkpoint();
        return cuts.isCut(i);
    };
    return {prepare, startsShot, shelf.frameCount()};
}

} // namespace reelmend::runner
