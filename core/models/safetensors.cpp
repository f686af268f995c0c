#include "core/models/safetensors.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/pth_header.h"
#include "core/models/tensor_list.h"

namespace reelmend::models {

namespace {

constexpr std::int64_t kPieceBytes = 4 << 20; // of a tensor that is on its way

constexpr std::array<std::pair<StoredType, at::ScalarType>, 19> kScalarTypes = {{
    {StoredType::kBool, at::kBool},
    {StoredType::kU8, at::kByte},
    {StoredType::kI8, at::kChar},
    {StoredType::kI16, at::kShort},
    {StoredType::kU16, at::kUInt16},
    {StoredType::kF16, at::kHalf},
    {StoredType::kBF16, at::kBFloat16},
    {StoredType::kI32, at::kInt},
    {StoredType::kU32, at::kUInt32},
    {StoredType::kF32, at::kFloat},
    {StoredType::kI64, at::kLong},
    {StoredType::kU64, at::kUInt64},
    {StoredType::kF64, at::kDouble},
    {StoredType::kC64, at::kComplexFloat},
    {StoredType::kF8E4M3, at::kFloat8_e4m3fn},
    {StoredType::kF8E5M2, at::kFloat8_e5m2},
    {StoredType::kF8E8M0, at::kFloat8_e8m0fnu},
    {StoredType::kF8E4M3Fnuz, at::kFloat8_e4m3fnuz},
    {StoredType::kF8E5M2Fnuz, at::kFloat8_e5m2fnuz},
}};

base::Error readError(const std::filesystem::path& path, std::string why)
{
    return base::Error(base::ErrorKind::kInput,
        "\"" + base::pathText(path.filename()) + "\" cannot be read as a model file.", std::move(why),
        "Download or export the file again; it is damaged or of another kind.");
}

} // namespace

std::optional<at::ScalarType> scalarTypeOf(StoredType type)
{
    for (const auto& [stored, scalar] : kScalarTypes) {
        if (stored == type) {
            return scalar;
        }
    }
    return std::nullopt;
}

std::optional<StoredType> storedTypeOf(at::ScalarType type)
{
    for (const auto& [stored, scalar] : kScalarTypes) {
        if (scalar == type) {
            return stored;
        }
    }
    return std::nullopt;
}

struct SafetensorsFile::Impl {
    std::filesystem::path path;
    SafetensorsHeader header;
    std::unordered_map<std::string, std::size_t> index;
    const char* data = nullptr; // the mapping, the whole file
    std::size_t bytes = 0;
    bool isList = false; // there is nothing behind the header

    ~Impl()
    {
        if (data) {
            ::munmap(const_cast<char*>(data), bytes);
        }
    }

    // Pages that were read stay charged to this process until they are given back.
    void giveBack(std::uint64_t begin, std::uint64_t end) const
    {
        static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        const std::uint64_t from = begin / page * page;
        if (end > from) {
            ::madvise(const_cast<char*>(data) + from, end - from, MADV_DONTNEED);
        }
    }
};

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : impl_(std::make_unique<Impl>())
{
    impl_->path = path;
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        throw base::systemError(
            base::ErrorKind::kInput, "The model file " + base::pathText(path) + " cannot be opened.", errno);
    }
    struct stat status {};
    const bool regular = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    impl_->bytes = regular ? static_cast<std::size_t>(status.st_size) : 0;
    if (impl_->bytes > 0) {
        void* mapped = ::mmap(nullptr, impl_->bytes, PROT_READ, MAP_PRIVATE, file, 0);
        impl_->data = mapped == MAP_FAILED ? nullptr : static_cast<const char*>(mapped);
    }
    ::close(file);
    if (!impl_->data) {
        throw readError(path, regular ? "It is empty." : "It is not a regular file.");
    }
    const std::string label = base::pathText(path.filename());
    const std::string_view whole(impl_->data, impl_->bytes);
    impl_->isList = label.ends_with(kTensorListSuffix);
    impl_->header = impl_->isList         ? parseTensorList(whole, label)
                    : looksLikePth(whole) ? parsePthHeader(whole, label)
                                          : parseSafetensorsHeader(whole, impl_->bytes, label);
    for (std::size_t i = 0; i < impl_->header.tensors.size(); ++i) {
        impl_->index.emplace(impl_->header.tensors[i].name, i);
    }
    impl_->giveBack(0, impl_->header.dataOffset);
}

SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;

const std::filesystem::path& SafetensorsFile::path() const
{
    return impl_->path;
}

const SafetensorsHeader& SafetensorsFile::header() const
{
    return impl_->header;
}

bool SafetensorsFile::isList() const
{
    return impl_->isList;
}

const StoredTensor* SafetensorsFile::find(const std::string& name) const
{
    const auto found = impl_->index.find(name);
    return found == impl_->index.end() ? nullptr : &impl_->header.tensors[found->second];
}

at::Tensor SafetensorsFile::read(const StoredTensor& tensor, const ReadOptions& how) const
{
    if (impl_->isList) {
        throw base::Error(base::ErrorKind::kInput,
            "The numbers of \"" + tensor.name + "\" cannot be read from \"" + base::pathText(impl_->path.filename()) +
                "\".",
            "It is a list of tensors without their numbers.", "Use the model's own file.");
    }
    const auto type = scalarTypeOf(tensor.type);
    if (!type) {
        throw readError(impl_->path, "Tensor \"" + tensor.name + "\": numbers of type " +
                                         std::string(typeName(tensor.type)) + " cannot be used here.");
    }
    c10::AutoGradMode noGradient(false);
    const auto options = how.options.has_dtype() ? how.options : how.options.dtype(*type);
    at::Tensor result = at::empty({tensor.elements()}, options);
    const std::int64_t size = bitsOf(tensor.type) / 8;
    const std::int64_t pieceElements = std::max<std::int64_t>(1, kPieceBytes / size);
    at::Tensor piece = at::empty({std::min(pieceElements, tensor.elements())}, at::TensorOptions(*type));
    const std::uint64_t start = impl_->header.dataOffset + tensor.begin; // may be unaligned: bytes are copied
    for (std::int64_t done = 0; done < tensor.elements();) {
        const std::int64_t count = std::min(pieceElements, tensor.elements() - done);
        const std::uint64_t from = start + static_cast<std::uint64_t>(done * size);
        std::memcpy(piece.data_ptr(), impl_->data + from, static_cast<std::size_t>(count * size));
        impl_->giveBack(from, from + static_cast<std::uint64_t>(count * size));
        at::Tensor part = result.narrow(0, done, count);
        part.copy_(piece.narrow(0, 0, count));
        // Checked after the cast: a value that overflows the asked-for type is as bad as a stored infinity.
        if (how.refuseNonFinite && part.is_floating_point() && !part.isfinite().all().item<bool>()) {
            throw readError(impl_->path, "Tensor \"" + tensor.name + "\" holds numbers that are not finite" +
                                             (options.dtype() == c10::scalarTypeToTypeMeta(*type)
                                                     ? "."
                                                     : " or do not fit the asked-for precision."));
        }
        done += count;
    }
    result = tensor.strides.empty() ? result.view(tensor.shape)
                                    : result.as_strided(tensor.shape, tensor.strides).contiguous();
    const bool layoutFits = (how.layout == at::MemoryFormat::ChannelsLast && result.dim() == 4) ||
                            (how.layout == at::MemoryFormat::ChannelsLast3d && result.dim() == 5);
    return layoutFits ? result.contiguous(how.layout) : result;
}

} // namespace reelmend::models
