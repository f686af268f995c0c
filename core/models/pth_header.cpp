#include "core/models/pth_header.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <numeric>
#include <set>

#include "core/base/error.h"
#include "core/models/pickle.h"
#include "core/models/zip_directory.h"

namespace reelmend::models {

namespace {

using Kind = PickledValue::Kind;

constexpr std::uint64_t kMostPickleBytes = 64u << 20;
constexpr int kMostDepth = 16;

// What torch.save wrote before zip archives: LONG1 of ten bytes after the protocol, PyTorch's magic number.
constexpr std::string_view kLegacyStart("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);

[[noreturn]] void refuse(std::string_view label, std::string why)
{
    throw base::Error(base::ErrorKind::kInput, "\"" + std::string(label) + "\" cannot be read as a model file.",
        std::move(why), "Download or export the file again; it is damaged, cut off or of another kind.");
}

// Where each storage's bytes lie, in the order of Pickled::storages.
using Places = std::vector<ZipEntry>;

std::uint64_t bytesOf(const PickledStorage& storage, std::string_view label)
{
    const auto size = static_cast<std::uint64_t>(bitsOf(storage.type) / 8);
    if (static_cast<std::uint64_t>(storage.elements) > std::numeric_limits<std::int64_t>::max() / size) {
        refuse(label, "A storage claims " + std::to_string(storage.elements) + " elements.");
    }
    return static_cast<std::uint64_t>(storage.elements) * size;
}

class Collector {
public:
    Collector(const Pickled& pickled, const Places& places, std::string_view label)
        : pickled_(pickled)
        , places_(places)
        , label_(label)
    {}

    SafetensorsHeader collect()
    {
        walk(unwrapped(pickled_.root), {}, 0);
        if (header_.tensors.empty()) {
            refuse(label_, "It holds no tensors.");
        }
        return std::move(header_);
    }

private:
    const PickledValue& value(std::uint32_t index) const { return pickled_.values[index]; }

    // Wrappers are dictionaries without a tensor of their own and with one dictionary in which there are some.
    std::uint32_t unwrapped(std::uint32_t root) const
    {
        for (int depth = 0; depth < 3 && value(root).kind == Kind::kDict; ++depth) {
            const auto& items = value(root).items;
            std::vector<std::uint32_t> inner;
            for (std::size_t i = 1; i < items.size(); i += 2) {
                if (value(items[i]).kind == Kind::kTensor) {
                    return root;
                }
                if (value(items[i]).kind == Kind::kDict && hasTensor(items[i])) {
                    inner.push_back(items[i]);
                }
            }
            if (inner.size() != 1) {
                return root;
            }
            root = inner.front();
        }
        return root;
    }

    bool hasTensor(std::uint32_t dict) const
    {
        const auto& items = value(dict).items;
        for (std::size_t i = 1; i < items.size(); i += 2) {
            if (value(items[i]).kind == Kind::kTensor) {
                return true;
            }
        }
        return false;
    }

    void walk(std::uint32_t index, const std::string& path, int depth)
    {
        if (depth > kMostDepth || ++visits_ > 2 * kMaximumTensors) {
            refuse(label_, "Its dictionaries are nested deeper than a model's.");
        }
        const PickledValue& here = value(index);
        const auto join = [&](const std::string& name) { return path.empty() ? name : path + "." + name; };
        if (here.kind == Kind::kTensor) {
            addTensor(path.empty() ? "tensor" : path, pickled_.tensors[static_cast<std::size_t>(here.whole)]);
        } else if (here.kind == Kind::kDict) {
            for (std::size_t i = 0; i + 1 < here.items.size(); i += 2) {
                const PickledValue& key = value(here.items[i]);
                if (key.kind == Kind::kText) {
                    walk(here.items[i + 1], join(std::string(key.text)), depth + 1);
                } else if (key.kind == Kind::kInteger) {
                    walk(here.items[i + 1], join(std::to_string(key.whole)), depth + 1);
                }
            }
        } else if (here.kind == Kind::kList || here.kind == Kind::kTuple) {
            for (std::size_t i = 0; i < here.items.size(); ++i) {
                walk(here.items[i], join(std::to_string(i)), depth + 1);
            }
        }
    }

    [[noreturn]] void refuseTensor(const std::string& name, const std::string& why) const
    {
        refuse(label_, "Tensor \"" + name.substr(0, 200) + "\" " + why);
    }

    void addTensor(const std::string& name, const PickledTensor& tensor)
    {
        const PickledStorage& storage = pickled_.storages[tensor.storage];
        const auto elements = elementsOf(name, tensor);
        if (tensor.offset < 0 || elements > storage.elements || tensor.offset > storage.elements - elements) {
            refuseTensor(name, "lies outside its storage.");
        }
        const auto size = static_cast<std::uint64_t>(bitsOf(storage.type) / 8);
        StoredTensor stored;
        stored.name = name;
        stored.type = storage.type;
        stored.shape = tensor.shape;
        stored.strides = rowMajor(tensor) ? std::vector<std::int64_t>() : tensor.strides;
        stored.begin = places_[tensor.storage].begin + static_cast<std::uint64_t>(tensor.offset) * size;
        stored.end = stored.begin + static_cast<std::uint64_t>(elements) * size;
        if (header_.tensors.size() >= kMaximumTensors || !names_.insert(name).second) {
            refuseTensor(name, "stands twice.");
        }
        header_.tensors.push_back(std::move(stored));
    }

    // Product of the sizes, for strides that fill exactly that many places.
    std::int64_t elementsOf(const std::string& name, const PickledTensor& tensor) const
    {
        if (tensor.shape.size() != tensor.strides.size()) {
            refuseTensor(name, "has another number of strides than of sizes.");
        }
        std::int64_t elements = 1;
        for (const std::int64_t size : tensor.shape) {
            if (size < 0 || (size > 0 && elements > std::numeric_limits<std::int64_t>::max() / size)) {
                refuseTensor(name, "has an impossible shape.");
            }
            elements *= size;
        }
        std::vector<std::size_t> order(tensor.shape.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return tensor.strides[a] < tensor.strides[b]; });
        std::int64_t expected = 1;
        for (const std::size_t axis : order) {
            if (elements > 0 && tensor.shape[axis] > 1) {
                if (tensor.strides[axis] != expected) {
                    refuseTensor(name, "is stored with gaps or repeats.");
                }
                expected *= tensor.shape[axis];
            }
        }
        return elements;
    }

    static bool rowMajor(const PickledTensor& tensor)
    {
        std::int64_t expected = 1;
        for (std::size_t axis = tensor.shape.size(); axis-- > 0;) {
            if (tensor.shape[axis] > 1 && tensor.strides[axis] != expected) {
                return false;
            }
            expected *= std::max<std::int64_t>(1, tensor.shape[axis]);
        }
        return true;
    }

    const Pickled& pickled_;
    const Places& places_;
    std::string_view label_;
    SafetensorsHeader header_;
    std::set<std::string> names_;
    std::size_t visits_ = 0;
};

SafetensorsHeader parseZip(std::string_view file, std::string_view label)
{
    const auto entries = readZipDirectory(file, label);
    constexpr std::string_view kName = "data.pkl";
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
        return entry.first.ends_with(kName) &&
               (entry.first.size() == kName.size() || entry.first[entry.first.size() - kName.size() - 1] == '/');
    });
    if (found == entries.end()) {
        refuse(label, "It is an archive, but none that torch.save made.");
    }
    const std::string folder = found->first.substr(0, found->first.size() - kName.size());
    if (const auto order = entries.find(folder + "byteorder"); order != entries.end()) {
        const auto [begin, end] = order->second;
        if (file.substr(begin, end - begin) != "little") {
            refuse(label, "It was written on a machine with another byte order.");
        }
    }
    const auto [begin, end] = found->second;
    if (end - begin > kMostPickleBytes) {
        refuse(label, "Its description of the tensors takes " + std::to_string(end - begin) + " bytes.");
    }
    const Pickled pickled = readPickle(file.substr(begin, end - begin), label);
    Places places;
    for (const PickledStorage& storage : pickled.storages) {
        const auto entry = entries.find(folder + "data/" + std::string(storage.key));
        if (entry == entries.end()) {
            refuse(label, "Its part \"data/" + std::string(storage.key.substr(0, 80)) + "\" is missing.");
        }
        if (entry->second.end - entry->second.begin < bytesOf(storage, label)) {
            refuse(label, "Its part \"data/" + std::string(storage.key) + "\" is shorter than its tensors.");
        }
        places.push_back(entry->second);
    }
    return Collector(pickled, places, label).collect();
}

// Magic number, protocol, facts about the system, the object, the list of its storages' keys: five pickles. Then, in
// that list's order, each storage's number of elements (8 bytes) and its bytes.
SafetensorsHeader parseLegacy(std::string_view file, std::string_view label)
{
    std::uint64_t at = 0;
    const auto next = [&] {
        Pickled pickled = readPickle(file.substr(at, kMostPickleBytes), label);
        at += pickled.consumed;
        return pickled;
    };
    next();
    next();
    next();
    const Pickled object = next();
    const Pickled keys = next();
    const PickledValue& list = keys.values[keys.root];
    if (list.kind != Kind::kList) {
        refuse(label, "Its list of storages is damaged.");
    }
    std::map<std::string_view, std::uint64_t> sizes; // bytes, by key
    for (const PickledStorage& storage : object.storages) {
        const std::uint64_t bytes = bytesOf(storage, label);
        const auto [known, isNew] = sizes.emplace(storage.key, bytes);
        if (!isNew && known->second != bytes) {
            refuse(label, "A storage is described in two ways.");
        }
    }
    std::map<std::string_view, ZipEntry> found;
    for (const std::uint32_t item : list.items) {
        const PickledValue& key = keys.values[item];
        const auto size = key.kind == Kind::kText ? sizes.find(key.text) : sizes.end();
        if (size == sizes.end() || at + 8 > file.size() || size->second > file.size() - at - 8) {
            refuse(label, "It is cut off, or its list of storages is damaged.");
        }
        at += 8;
        found[size->first] = {at, at + size->second};
        at += size->second;
    }
    Places places;
    for (const PickledStorage& storage : object.storages) {
        const auto place = found.find(storage.key);
        if (place == found.end()) {
            refuse(label, "A storage is missing.");
        }
        places.push_back(place->second);
    }
    return Collector(object, places, label).collect();
}

} // namespace

bool looksLikePth(std::string_view file)
{
    return looksLikeZip(file) || file.starts_with(kLegacyStart);
}

SafetensorsHeader parsePthHeader(std::string_view file, std::string_view label)
{
    return looksLikeZip(file) ? parseZip(file, label) : parseLegacy(file, label);
}

} // namespace reelmend::models
