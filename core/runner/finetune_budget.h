#pragma once
#include <filesystem>
#include <functional>
#include <vector>

#include "core/jobs/finetune_request.h"
#include "core/models/lite_weights.h"
#include "core/plan/model_footprint.h"

// What a training takes in memory, beside the program itself, and whether a request's budget allows it. Internal to
// the fine-tuning of this folder.
namespace reelmend::runner {

// Of lite: measured on two small pictures, the rest by rule of three.
double liteTrainingBytes(const jobs::FineTuneRequest& request, const models::LiteWeights& base, c10::Device device);

// Of a published model: its weights, and the largest phase of a step by the footprints of its networks, which are
// measured on small pictures the first time (a quarter of a minute): rather too much, by up to a half.
class PublishedTraining {
public:
    // Reads headers alone. Throws base::Error(kInput).
    PublishedTraining(const std::filesystem::path& transformer, const std::filesystem::path& autoencoder);

    double bytes(const jobs::FineTuneRequest& request, c10::Device device) const;

private:
    struct Weight {
        std::string name;
        std::vector<std::int64_t> shape;
    };

    plan::ModelFootprint transformer_, autoencoder_;
    std::vector<Weight> weights_; // of the transformer, as its file calls them
};

// Refuses a request that needs more than its budget and says what would fit: fewer clips, then smaller ones, down to
// `least` pixels in steps of `multiple`. Does nothing where no budget is set. Throws jobs::RequestError.
void checkBudget(const jobs::FineTuneRequest& request, std::int64_t multiple, std::int64_t least,
    const std::function<double(const jobs::FineTuneRequest&)>& bytesOf);

} // namespace reelmend::runner
