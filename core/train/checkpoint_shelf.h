#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>

namespace reelmend::train {

// The checkpoints of a training in its folder: "checkpoint.safetensors" is always the newest, and "checkpoints" holds
// the last few ("step-00000100.safetensors") and the one that did best ("best.safetensors"). Every file is there
// whole or not at all, at any moment.
class CheckpointShelf {
public:
    CheckpointShelf(std::filesystem::path folder, std::int64_t keep);

    std::filesystem::path newest() const { return folder_ / "checkpoint.safetensors"; }
    std::filesystem::path best() const { return folder_ / "checkpoints" / "best.safetensors"; }
    bool hasNewest() const;

    // `write` makes the file of that name. Throws what it throws, and base::Error(kOutput or kDiskFull).
    enum class Standing { kOrdinary, kBest };
    void store(std::int64_t step, Standing standing, const std::function<void(const std::filesystem::path&)>& write);

    // Bytes that the folder takes when each checkpoint has so many: the kept ones, the best, and one being written.
    static double bytesNeeded(double checkpointBytes, std::int64_t keep);

private:
    void dropOld() const;

    std::filesystem::path folder_;
    std::int64_t keep_;
};

} // namespace reelmend::train
