#include "core/video/colour.h"

namespace reelmend::video {

ColourTags effectiveTags(ColourTags tags, int width, int height, bool isYuv)
{
    if (tags.range == ColourRange::kUnspecified) {
        tags.range = isYuv ? ColourRange::kLimited : ColourRange::kFull;
    }
    const bool isHd = height >= 720 || width >= 1280;
    if (tags.matrix == Matrix::kUnspecified || (isYuv && tags.matrix == Matrix::kRgb)) {
        if (tags.primaries == Primaries::kBt2020) {
            tags.matrix = Matrix::kBt2020;
        } else {
            tags.matrix = isHd ? Matrix::kBt709 : Matrix::kSmpte170m;
        }
    }
    if (tags.primaries == Primaries::kUnspecified) {
        tags.primaries = isHd ? Primaries::kBt709 : Primaries::kSmpte170m;
    }
    if (tags.transfer == Transfer::kUnspecified) {
        tags.transfer = Transfer::kBt709;
    }
    if (tags.chromaPlace == ChromaPlace::kUnspecified) {
        tags.chromaPlace = ChromaPlace::kLeft;
    }
    return tags;
}

LumaWeights lumaWeights(Matrix matrix)
{
    switch (matrix) {
    case Matrix::kFcc:
        return {0.30, 0.11};
    case Matrix::kBt470bg:
    case Matrix::kSmpte170m:
        return {0.299, 0.114};
    case Matrix::kSmpte240m:
        return {0.212, 0.087};
    case Matrix::kBt2020:
        return {0.2627, 0.0593};
    default:
        return {0.2126, 0.0722};
    }
}

std::string tagsText(const ColourTags& tags)
{
    std::string text;
    const auto add = [&text](const std::string& part) {
        if (!text.empty()) {
            text += ", ";
        }
        text += part;
    };
    switch (tags.matrix != Matrix::kUnspecified ? tags.matrix : Matrix::kUnspecified) {
    case Matrix::kRgb:
        add("RGB");
        break;
    case Matrix::kBt709:
        add("BT.709");
        break;
    case Matrix::kBt470bg:
    case Matrix::kSmpte170m:
        add("BT.601");
        break;
    case Matrix::kBt2020:
        add("BT.2020");
        break;
    case Matrix::kUnspecified:
        break;
    default:
        add("matrix " + std::to_string(static_cast<int>(tags.matrix)));
    }
    if (tags.transfer == Transfer::kPq) {
        add("PQ");
    } else if (tags.transfer == Transfer::kHlg) {
        add("HLG");
    } else if (tags.transfer == Transfer::kLinear) {
        add("linear light");
    }
    if (tags.range == ColourRange::kLimited) {
        add("limited range");
    } else if (tags.range == ColourRange::kFull) {
        add("full range");
    }
    return text.empty() ? "colour not tagged" : text;
}

} // namespace reelmend::video
