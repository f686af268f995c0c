#include "core/runner/one_step_maker.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/files.h"
#include "core/enhance/one_step_enhancer.h"
#include "core/enhance/sampling_enhancer.h"
#include "core/media/video_reader.h"
#include "core/runner/one_step_parts.h"
#include "core/runner/picture_blend.h"
#include "core/tensor/device.h"
#include "core/video/convert.h"

namespace reelmend::runner {

namespace {

// A frame of the clip, by one evaluation or by several.
using MakePicture = std::function<video::ImageF(std::int64_t frame, const base::Control& control)>;

video::ImageF referencePicture(const std::string& path)
{
    const auto reader = media::VideoReader::open(base::pathFromText(path));
    return video::toRgbFloat(reader->frame(0));
}

MakePicture samplingOf(const jobs::EnhanceRequest& request, enhance::OneStepModel model, at::Tensor text,
    enhance::MaskedPart maskedPart, enhance::PreparedClip clip)
{
    enhance::SamplingSettings settings;
    settings.maskedPart = maskedPart;
    settings.schedule.steps = request.steps;
    settings.guidance = request.guidance;
    settings.seed = request.seed;
    enhance::SamplingPrompts prompts{std::move(text), {}};
    prompts.negative =
        enhance::negativePromptEmbedding(base::pathFromText(request.promptEmbedding), model.denoiserTraits());
    std::vector<video::ImageF> references;
    for (const std::string& path : request.references) {
        references.push_back(referencePicture(path));
    }
    const auto enhancer = std::make_shared<enhance::SamplingEnhancer>(
        std::move(model), std::move(prompts), std::move(references), settings, std::move(clip));
    return [enhancer](std::int64_t frame, const base::Control& control) { return enhancer->make(frame, control); };
}

MakePicture makerOf(const jobs::EnhanceRequest& request, enhance::PreparedClip clip)
{
    enhance::OneStepModel model = openOneStep(request);
    at::Tensor text = enhance::promptEmbedding(base::pathFromText(request.promptEmbedding), model.denoiserTraits());
    const auto maskedPart =
        request.task == jobs::Task::kInpaint ? enhance::MaskedPart::kGrey : enhance::MaskedPart::kKept;
    if (request.steps > 1) {
        return samplingOf(request, std::move(model), std::move(text), maskedPart, std::move(clip));
    }
    enhance::OneStepSettings settings;
    settings.maskedPart = maskedPart;
    const auto enhancer =
        std::make_shared<enhance::OneStepEnhancer>(std::move(model), std::move(text), settings, std::move(clip));
    return [enhancer](std::int64_t frame, const base::Control& control) { return enhancer->make(frame, control); };
}

class OneStepMaker : public FrameMaker {
public:
    OneStepMaker(
        const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control& control)
        : request_(plan.request)
        , control_(control)
        , shelf_(source)
        , cuts_(shelf_)
        , mask_(mask)
        , make_(makerOf(plan.request, preparedClip(shelf_, cuts_, mask, control)))
    {}

    MadeFrame make(std::int64_t index) override
    {
        control_.checkpoint();
        shelf_.dropBelow(index - 2); // what finding cuts looks back
        MadeFrame made;
        if (mask_) {
            made.changed = std::make_shared<const video::Mask>(mask_->mask(index));
        }
        if (request_.strength == 0 || (made.changed && isNothing(*made.changed))) {
            made.source = made.frame = shelf_.frame(index);
            made.changed = std::make_shared<const video::Mask>(made.source.width(), made.source.height(), 1);
            return made;
        }
        video::ImageF picture = make_(index, control_);
        made.source = shelf_.frame(index);
        finish(made, std::move(picture), made.source, request_.strength);
        return made;
    }

private:
    jobs::EnhanceRequest request_;
    const base::Control& control_;
    FrameShelf shelf_;
    vision::CutFinder cuts_;
    video::MaskSource* mask_;
    MakePicture make_;
};

} // namespace

void checkOneStepModel(const jobs::EnhanceRequest& request)
{
    makerOf(request, {});
}

std::unique_ptr<FrameMaker> makeOneStepMaker(
    const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control& control)
{
    tensor::setThreads(0);
    return std::make_unique<OneStepMaker>(plan, source, mask, control);
}

} // namespace reelmend::runner
