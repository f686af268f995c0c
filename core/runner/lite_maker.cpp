#include "core/runner/lite_maker.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/classical/enhancer.h"
#include "core/enhance/lite_enhancer.h"
#include "core/models/lite_file.h"
#include "core/models/lora_file.h"
#include "core/runner/frame_shelf.h"
#include "core/runner/model_choice.h"
#include "core/runner/picture_blend.h"
#include "core/tensor/device.h"
#include "core/video/convert.h"
#include "core/vision/cuts.h"

namespace reelmend::runner {

namespace {

using jobs::Task;
using models::LiteCondition;

LiteCondition conditionOf(const jobs::EnhanceRequest& request)
{
    switch (request.task) {
    case Task::kUpscale:
        return request.scale == 2 ? LiteCondition::kUpscale2 : LiteCondition::kUpscale4;
    case Task::kInpaint:
        return LiteCondition::kInpaint;
    case Task::kRepair:
        return LiteCondition::kRepair;
    case Task::kHarmonise:
        return LiteCondition::kHarmonise;
    case Task::kRestore:
        break;
    }
    return LiteCondition::kRestore;
}

// A mask without its soft edge: holes are filled whole, and blended in at the end.
class HardMask : public video::MaskSource {
public:
    explicit HardMask(video::MaskSource& mask)
        : mask_(mask)
    {}
    bool isStatic() const override { return mask_.isStatic(); }
    video::Mask mask(std::int64_t index) override
    {
        video::Mask mask = mask_.mask(index);
        for (std::uint16_t& v : mask.pixels) {
            v = v > 0 ? 65535 : 0;
        }
        return mask;
    }

private:
    video::MaskSource& mask_;
};

// The request's weights, with its adapters in them.
models::LiteWeights adaptedWeights(const jobs::EnhanceRequest& request)
{
    models::LiteWeights weights = models::loadLite(weightFile(request.model));
    const auto visit = [&](const models::ParameterVisitor& visitor) { weights.visit(visitor); };
    for (const jobs::AdapterUse& adapter : request.adapters) {
        models::mergeLora(visit, models::readLora(base::pathFromText(adapter.path), visit).lora, adapter.strength);
    }
    return weights;
}

class LiteMaker : public FrameMaker {
public:
    LiteMaker(
        const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control& control)
        : request_(plan.request)
        , control_(control)
        , shelf_(source)
        , cuts_(shelf_)
        , mask_(mask)
        , enhancer_(adaptedWeights(plan.request), settingsOf(plan), clip())
    {
        if (mask_) {
            hardMask_ = std::make_unique<HardMask>(*mask_);
        }
        if (request_.task == Task::kUpscale || request_.task == Task::kInpaint) {
            classical::Settings settings;
            settings.task = request_.task;
            settings.scale = request_.scale;
            start_ = classical::Enhancer::make(settings, shelf_, hardMask_.get(), control);
        }
    }

    MadeFrame make(std::int64_t index) override;

private:
    struct Given {                  // what the network was given, and what of it the result needs
        video::Frame source, start; // start: what the network begins with, of the result's format and size
        std::shared_ptr<const video::Mask> mask;
    };

    static enhance::LiteSettings settingsOf(const EnhancePlan& plan)
    {
        enhance::LiteSettings settings;
        settings.condition = conditionOf(plan.request);
        settings.detail = plan.request.detail.value_or(enhance::kDefaultDetail);
        settings.device = tensor::deviceFromText(plan.request.device == "auto" ? "cpu" : plan.request.device);
        settings.dtype = tensor::dtypeFromText("auto", settings.device);
        return settings;
    }
    enhance::LiteClip clip()
    {
        return {[this](std::int64_t i) { return prepare(i); }, [this](std::int64_t i) { return startsShot(i); },
            shelf_.frameCount()};
    }

    enhance::PreparedFrame prepare(std::int64_t index);
    bool startsShot(std::int64_t index);
    const Given& given(std::int64_t index);

    jobs::EnhanceRequest request_;
    const base::Control& control_;
    FrameShelf shelf_;
    vision::CutFinder cuts_;
    std::map<std::int64_t, bool> isCut_;
    video::MaskSource* mask_;
    std::unique_ptr<HardMask> hardMask_;
    std::unique_ptr<classical::Enhancer> start_; // enlarges, or fills holes from other frames
    std::map<std::int64_t, Given> given_;
    std::map<std::int64_t, std::shared_ptr<const video::Image8>> seen_;
    std::int64_t wanted_ = 0; // the frame that is being made
    enhance::LiteEnhancer enhancer_;
};

// Asked backwards from a frame at the beginning of a run: decided forwards, as files are read.
bool LiteMaker::startsShot(std::int64_t index)
{
    const auto known = isCut_.find(index);
    if (known != isCut_.end()) {
        return known->second;
    }
    std::int64_t first = index;
    if (!isCut_.contains(index - 1)) {
        isCut_.clear();
        first = std::max<std::int64_t>(0, index - enhancer_.lookBack() - 1);
    }
    for (std::int64_t i = first; i <= index; ++i) {
        control_.checkpoint();
        isCut_[i] = cuts_.isCut(i);
        if (first < index) {
            shelf_.dropBelow(i - 4); // a look back only: these frames are read again when their turn comes
        }
    }
    isCut_.erase(isCut_.begin(), isCut_.lower_bound(index - 2 * enhancer_.lookBack()));
    return isCut_.at(index);
}

const LiteMaker::Given& LiteMaker::given(std::int64_t index)
{
    const auto found = given_.find(index);
    if (found != given_.end()) {
        return found->second;
    }
    Given given;
    if (mask_) {
        given.mask = std::make_shared<const video::Mask>(mask_->mask(index));
    }
    if (start_) {
        classical::EnhancedFrame made = start_->enhance(index);
        given.source = std::move(made.source);
        given.start = std::move(made.frame);
        seen_[index] = std::move(made.seen);
    } else {
        given.source = given.start = shelf_.frame(index);
    }
    return given_.emplace(index, std::move(given)).first->second;
}

enhance::PreparedFrame LiteMaker::prepare(std::int64_t index)
{
    control_.checkpoint();
    const Given& g = given(index);
    enhance::PreparedFrame prepared;
    prepared.rgb = video::toRgbFloat(g.start);
    if (request_.task == Task::kInpaint) {
        prepared.mask = hardMask_->mask(index);
    } else if (request_.task == Task::kHarmonise) {
        prepared.mask = *g.mask; // a soft edge says how much of the object a pixel holds
    }
    if (const auto seen = seen_.find(index); seen != seen_.end() && seen->second) {
        prepared.trust = *seen->second;
    }
    seen_.erase(index);
    shelf_.dropBelow(index - 3);
    if (index < wanted_) {
        given_.erase(index); // it only leads up to the frame that is asked for
    }
    return prepared;
}

MadeFrame LiteMaker::make(std::int64_t index)
{
    control_.checkpoint();
    given_.erase(given_.begin(), given_.lower_bound(index));
    shelf_.dropBelow(index - 2);
    MadeFrame made;
    const bool isIdle = request_.task != Task::kUpscale && request_.strength == 0;
    if (isIdle || (mask_ && isNothing(mask_->mask(index)))) {
        made.source = made.frame = shelf_.frame(index);
        made.changed = std::make_shared<const video::Mask>(made.source.width(), made.source.height(), 1);
        return made;
    }
    wanted_ = index;
    video::ImageF picture = enhancer_.make(index, control_);
    const Given& g = given(index); // still there: made by prepare() within this group
    made.source = g.source;
    made.changed = g.mask;
    finish(made, std::move(picture), g.start, request_.task == Task::kUpscale ? 1 : request_.strength);
    return made;
}

} // namespace

bool hasLiteEngine()
{
    return true;
}

void checkWeights(const std::filesystem::path& file)
{
    const models::SafetensorsFile opened(file);
    if (!models::looksLikeLite(opened)) {
        throw base::Error(base::ErrorKind::kInput, "\"" + base::pathText(file) + "\" cannot be used to enhance.",
            "It holds no lite network.", "Choose weights that \"finetune\" wrote, or the model \"lite\".");
    }
    models::detectLite(opened);
}

void checkLiteModel(const jobs::EnhanceRequest& request)
{
    checkWeights(weightFile(request.model));
    if (!request.adapters.empty()) {
        adaptedWeights(request);
    }
}

std::unique_ptr<FrameMaker> makeLiteMaker(
    const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control& control)
{
    tensor::setThreads(0);
    return std::make_unique<LiteMaker>(plan, source, mask, control);
}

} // namespace reelmend::runner
