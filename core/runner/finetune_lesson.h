#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <c10/core/Device.h>

#include "core/base/control.h"
#include "core/jobs/finetune_request.h"
#include "core/perceptual/lpips.h"
#include "core/train/student.h"

// What a request teaches: the bundled network, or adapters over a published model. Internal to the fine-tuning of
// this folder.
namespace reelmend::runner {

class Lesson {
public:
    virtual ~Lesson() = default;

    virtual train::Student& student() = 0;
    // Writes the result with these values in the trained tensors' places.
    virtual void write(
        const train::Student::Values& values, const std::map<std::string, std::string>& metadata) const = 0;
};

// Looks at the model's files and refuses what cannot be taught, before any work. Throws RequestError, Error.
void checkLesson(const jobs::FineTuneRequest& request, c10::Device device);
// Everything is taught on the device. `lpips`, there too, may be null, and is not used where the perceptual loss has
// no weight. Throws as checkLesson(). `control`, if there is one, is asked within the steps of models whose steps
// take long. It must outlive the lesson.
std::unique_ptr<Lesson> openLesson(const jobs::FineTuneRequest& request, c10::Device device,
    const perceptual::Lpips* lpips, const base::Control* control);

// About what all checkpoints of a training take on the disk.
double checkpointBytes(const jobs::FineTuneRequest& request, train::Student& student);

// Of published models; see finetune_published.cpp.
void checkPublishedLesson(const jobs::FineTuneRequest& request, c10::Device device);
std::unique_ptr<Lesson> openPublishedLesson(const jobs::FineTuneRequest& request, c10::Device device,
    const perceptual::Lpips* lpips, const base::Control* control);

// NAME.safetensors -> NAME.SUFFIX.safetensors
std::filesystem::path besideOutput(const jobs::FineTuneRequest& request, const char* suffix);

} // namespace reelmend::runner
