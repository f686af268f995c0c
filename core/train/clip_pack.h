#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/train/pixels.h"

namespace reelmend::train {

enum class PackedKind { kUpscale, kRestore, kInpaint };

// A segment's frames as a codec left them, or (kInpaint) with holes that the flow-guided fill has filled.
struct PackedVariant {
    std::string tensor;
    PackedKind kind = PackedKind::kRestore;
    std::int64_t scale = 1;
    double sigma = 0; // noise before the codec, 8-bit levels
    int crf = 0;
    std::vector<std::string> baselines; // what other programs make of it, to compare with
    std::string mask, trust;            // kInpaint: where the holes are, and where inside them footage was found
};

struct PackedSegment {
    std::string name;
    std::string tensor; // the clean frames
    std::string mask;   // empty where the footage has none
    std::int64_t frames = 0, height = 0, width = 0;
    std::vector<PackedVariant> variants;

    bool has(PackedKind kind) const;
};

// Footage in safetensors files (tools/train/pack_clips.py): 8-bit frames, mapped into memory. Reading is const and
// may be done from any thread.
class ClipPack {
public:
    // Throws base::Error(kInput) when the file is not such a pack or a tensor is missing or of another size.
    explicit ClipPack(const std::filesystem::path& path)
        : ClipPack(std::vector{path})
    {}
    explicit ClipPack(const std::vector<std::filesystem::path>& paths);
    ~ClipPack();
    ClipPack(const ClipPack&) = delete;
    ClipPack& operator=(const ClipPack&) = delete;

    const std::vector<PackedSegment>& segments() const { return segments_; }

    // A box of a tensor, edges repeated where it reaches outside, in [0, 1]. `reduction` is the variant's scale: top,
    // left, height and width are in the variant's own pixels.
    Pixels read(const std::string& tensor, std::int64_t firstFrame, std::int64_t frames, std::int64_t top,
        std::int64_t left, std::int64_t height, std::int64_t width) const;

private:
    struct File;
    struct Tensors;
    void add(const std::filesystem::path& path, const std::string& prefix);

    std::vector<std::unique_ptr<File>> files_;
    std::unique_ptr<Tensors> tensors_;
    std::vector<PackedSegment> segments_;
};

} // namespace reelmend::train
