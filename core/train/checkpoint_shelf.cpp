#include "core/train/checkpoint_shelf.h"

#include <algorithm>
#include <cstdio>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"

namespace reelmend::train {

namespace fs = std::filesystem;

namespace {

std::string stepName(std::int64_t step)
{
    char name[48];
    std::snprintf(name, sizeof name, "step-%08lld.safetensors", static_cast<long long>(step));
    return name;
}

} // namespace

CheckpointShelf::CheckpointShelf(fs::path folder, std::int64_t keep)
    : folder_(std::move(folder))
    , keep_(std::max<std::int64_t>(1, keep))
{}

bool CheckpointShelf::hasNewest() const
{
    std::error_code code;
    return fs::exists(newest(), code);
}

void CheckpointShelf::store(std::int64_t step, Standing standing, const std::function<void(const fs::path&)>& write)
{
    base::makeFolder(folder_ / "checkpoints");
    write(newest());
    base::linkOrCopy(newest(), folder_ / "checkpoints" / stepName(step));
    if (standing == Standing::kBest) {
        base::linkOrCopy(newest(), best());
    }
    dropOld();
}

void CheckpointShelf::dropOld() const
{
    std::vector<fs::path> steps;
    std::error_code code;
    for (fs::directory_iterator entry(folder_ / "checkpoints", code), end; !code && entry != end;
         entry.increment(code)) {
        if (entry->path().filename().string().starts_with("step-")) {
            steps.push_back(entry->path());
        }
    }
    std::sort(steps.begin(), steps.end());
    for (std::size_t i = 0; i + static_cast<std::size_t>(keep_) < steps.size(); ++i) {
        fs::remove(steps[i], code);
    }
}

double CheckpointShelf::bytesNeeded(double checkpointBytes, std::int64_t keep)
{
    return checkpointBytes * static_cast<double>(keep + 2);
}

} // namespace reelmend::train
