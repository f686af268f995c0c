#include "core/models/pickle.h"

#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "core/base/error.h"

namespace reelmend::models {

namespace {

using Kind = PickledValue::Kind;

constexpr std::size_t kMostItems = 4'000'000; // values and places in containers together
constexpr std::size_t kMostDimensions = 16;

enum class Role { kOrderedDict, kRebuildTensor, kRebuildParameter, kSize, kStorage };

struct Global {
    std::string_view module, name;
    Role role;
    StoredType type = StoredType::kF32;
};

// Everything that a file may name. Python 2's spelling of a module stands beside the new one where files use it.
constexpr std::array kGlobals = {
    Global{"collections", "OrderedDict", Role::kOrderedDict},
    Global{"torch._utils", "_rebuild_tensor_v2", Role::kRebuildTensor},
    Global{"torch._utils", "_rebuild_parameter", Role::kRebuildParameter},
    Global{"torch", "Size", Role::kSize},
    Global{"torch", "FloatStorage", Role::kStorage, StoredType::kF32},
    Global{"torch", "DoubleStorage", Role::kStorage, StoredType::kF64},
    Global{"torch", "HalfStorage", Role::kStorage, StoredType::kF16},
    Global{"torch", "BFloat16Storage", Role::kStorage, StoredType::kBF16},
    Global{"torch", "LongStorage", Role::kStorage, StoredType::kI64},
    Global{"torch", "IntStorage", Role::kStorage, StoredType::kI32},
    Global{"torch", "ShortStorage", Role::kStorage, StoredType::kI16},
    Global{"torch", "CharStorage", Role::kStorage, StoredType::kI8},
    Global{"torch", "ByteStorage", Role::kStorage, StoredType::kU8},
    Global{"torch", "BoolStorage", Role::kStorage, StoredType::kBool},
    Global{"torch", "ComplexFloatStorage", Role::kStorage, StoredType::kC64},
};

class Machine {
public:
    Machine(std::string_view bytes, std::string_view label)
        : bytes_(bytes)
        , label_(label)
    {}

    Pickled run();

private:
    [[noreturn]] void refuse(const std::string& why) const
    {
        throw base::Error(base::ErrorKind::kInput, "\"" + std::string(label_) + "\" cannot be read as a model file.",
            why, "Only files that hold nothing but tensors are read; others can be exported as safetensors.");
    }

    template <class Number> Number number()
    {
        Number value{};
        const std::string_view raw = take(sizeof value);
        std::memcpy(&value, raw.data(), sizeof value);
        return value;
    }
    std::string_view take(std::uint64_t size)
    {
        if (size > bytes_.size() - at_) {
            refuse("Its description of the tensors is cut off.");
        }
        const std::string_view part = bytes_.substr(at_, size);
        at_ += size;
        return part;
    }
    std::string_view line()
    {
        const auto end = bytes_.find('\n', at_);
        if (end == bytes_.npos) {
            refuse("Its description of the tensors is cut off.");
        }
        const std::string_view text = bytes_.substr(at_, end - at_);
        at_ = end + 1;
        return text;
    }
    std::int64_t longNumber(std::uint64_t size);

    void spend(std::size_t items)
    {
        spent_ += items;
        if (spent_ > kMostItems) {
            refuse("It describes more than a model can hold.");
        }
    }
    std::uint32_t add(PickledValue value)
    {
        spend(1 + value.items.size());
        result_.values.push_back(std::move(value));
        return static_cast<std::uint32_t>(result_.values.size() - 1);
    }
    void push(PickledValue value) { stack_.push_back(add(std::move(value))); }
    void pushKind(Kind kind, std::int64_t whole = 0) { push({kind, whole, {}, {}}); }
    std::uint32_t pop()
    {
        if (stack_.empty()) {
            refuse("Its description of the tensors is damaged.");
        }
        const std::uint32_t top = stack_.back();
        stack_.pop_back();
        return top;
    }
    std::uint32_t top() const
    {
        if (stack_.empty()) {
            refuse("Its description of the tensors is damaged.");
        }
        return stack_.back();
    }
    std::vector<std::uint32_t> popToMark();
    const PickledValue& value(std::uint32_t index) const { return result_.values[index]; }
    const PickledValue& expect(std::uint32_t index, Kind kind) const
    {
        if (value(index).kind != kind) {
            refuse("Its description of the tensors is damaged.");
        }
        return value(index);
    }

    void put(std::uint32_t slot)
    {
        spend(1);
        memo_[slot] = top();
    }
    void get(std::uint32_t slot)
    {
        const auto found = memo_.find(slot);
        if (found == memo_.end()) {
            refuse("Its description of the tensors is damaged.");
        }
        stack_.push_back(found->second);
    }

    void pushGlobal(std::string_view module, std::string_view name);
    void pushTuple(std::size_t count);
    void addTo(std::uint32_t container, Kind kind, const std::vector<std::uint32_t>& items);
    void persistentId();
    void reduce();
    void build();
    std::uint32_t orderedDict(const PickledValue& arguments);
    std::uint32_t rebuiltTensor(const PickledValue& arguments);
    std::vector<std::int64_t> numbers(std::uint32_t index) const;
    bool step(); // false at the end mark

    std::string_view bytes_, label_;
    std::size_t at_ = 0, spent_ = 0;
    std::vector<std::uint32_t> stack_;
    std::unordered_map<std::uint32_t, std::uint32_t> memo_;
    Pickled result_;
};

// A two's-complement little-endian integer. More than 64 bits only ever mark a legacy file and are kept as 0.
std::int64_t Machine::longNumber(std::uint64_t size)
{
    const std::string_view raw = take(size);
    if (size == 0 || size > 8) {
        return 0;
    }
    std::uint64_t value = static_cast<unsigned char>(raw.back()) >= 128 ? ~std::uint64_t{0} : 0;
    std::memcpy(&value, raw.data(), size);
    return static_cast<std::int64_t>(value);
}

std::vector<std::uint32_t> Machine::popToMark()
{
    std::size_t begin = stack_.size();
    while (begin > 0 && value(stack_[begin - 1]).kind != Kind::kMark) {
        --begin;
    }
    if (begin == 0) {
        refuse("Its description of the tensors is damaged.");
    }
    std::vector<std::uint32_t> items(stack_.begin() + static_cast<std::ptrdiff_t>(begin), stack_.end());
    stack_.resize(begin - 1);
    return items;
}

void Machine::pushGlobal(std::string_view module, std::string_view name)
{
    for (std::size_t i = 0; i < kGlobals.size(); ++i) {
        if (kGlobals[i].module == module && kGlobals[i].name == name) {
            pushKind(Kind::kGlobal, static_cast<std::int64_t>(i));
            return;
        }
    }
    refuse("It asks for the Python object " + std::string(module.substr(0, 80)) + "." +
           std::string(name.substr(0, 80)) + ", which is not a tensor and is never run.");
}

void Machine::pushTuple(std::size_t count)
{
    PickledValue tuple{Kind::kTuple, 0, {}, std::vector<std::uint32_t>(count)};
    for (std::size_t i = count; i-- > 0;) {
        tuple.items[i] = pop();
    }
    push(std::move(tuple));
}

void Machine::addTo(std::uint32_t container, Kind kind, const std::vector<std::uint32_t>& items)
{
    expect(container, kind);
    if (kind == Kind::kDict && items.size() % 2 != 0) {
        refuse("Its description of the tensors is damaged.");
    }
    spend(items.size());
    auto& target = result_.values[container].items;
    target.insert(target.end(), items.begin(), items.end());
}

void Machine::persistentId()
{
    const PickledValue id = expect(pop(), Kind::kTuple);
    if (id.items.size() < 5 || expect(id.items[0], Kind::kText).text != "storage") {
        refuse("It refers to something that is not a tensor's storage.");
    }
    const Global& type = kGlobals[static_cast<std::size_t>(expect(id.items[1], Kind::kGlobal).whole)];
    PickledStorage storage{
        type.type, expect(id.items[2], Kind::kText).text, expect(id.items[4], Kind::kInteger).whole};
    if (type.role != Role::kStorage || storage.elements < 0) {
        refuse("It refers to something that is not a tensor's storage.");
    }
    if (id.items.size() > 5 && value(id.items[5]).kind != Kind::kNone) {
        refuse("Its storages are views of other storages, as only very old files have them.");
    }
    spend(1);
    result_.storages.push_back(storage);
    pushKind(Kind::kStorage, static_cast<std::int64_t>(result_.storages.size() - 1));
}

std::vector<std::int64_t> Machine::numbers(std::uint32_t index) const
{
    const PickledValue& tuple = expect(index, Kind::kTuple);
    if (tuple.items.size() > kMostDimensions) {
        refuse("A tensor has " + std::to_string(tuple.items.size()) + " dimensions.");
    }
    std::vector<std::int64_t> numbers;
    for (const std::uint32_t item : tuple.items) {
        numbers.push_back(expect(item, Kind::kInteger).whole);
    }
    return numbers;
}

// (storage, offset, sizes, strides, requires grad, hooks[, metadata])
std::uint32_t Machine::rebuiltTensor(const PickledValue& arguments)
{
    if (arguments.items.size() < 4) {
        refuse("Its description of the tensors is damaged.");
    }
    PickledTensor tensor;
    tensor.storage = static_cast<std::size_t>(expect(arguments.items[0], Kind::kStorage).whole);
    tensor.offset = expect(arguments.items[1], Kind::kInteger).whole;
    tensor.shape = numbers(arguments.items[2]);
    tensor.strides = numbers(arguments.items[3]);
    spend(1 + 2 * tensor.shape.size());
    result_.tensors.push_back(std::move(tensor));
    return add({Kind::kTensor, static_cast<std::int64_t>(result_.tensors.size() - 1), {}, {}});
}

// () or a list of pairs
std::uint32_t Machine::orderedDict(const PickledValue& arguments)
{
    PickledValue dict{Kind::kDict, 0, {}, {}};
    if (!arguments.items.empty()) {
        const PickledValue& pairs = value(arguments.items[0]);
        if (pairs.kind != Kind::kList && pairs.kind != Kind::kTuple) {
            refuse("Its description of the tensors is damaged.");
        }
        spend(pairs.items.size());
        for (const std::uint32_t item : pairs.items) {
            const PickledValue& pair = value(item);
            if ((pair.kind != Kind::kTuple && pair.kind != Kind::kList) || pair.items.size() != 2) {
                refuse("Its description of the tensors is damaged.");
            }
            dict.items.insert(dict.items.end(), pair.items.begin(), pair.items.end());
        }
    }
    return add(std::move(dict));
}

void Machine::reduce()
{
    const std::uint32_t argumentsIndex = pop();
    const Global& callee = kGlobals[static_cast<std::size_t>(expect(pop(), Kind::kGlobal).whole)];
    expect(argumentsIndex, Kind::kTuple);
    spend(value(argumentsIndex).items.size());
    const PickledValue arguments = value(argumentsIndex); // a copy: `values` grows
    switch (callee.role) {
    case Role::kOrderedDict:
        stack_.push_back(orderedDict(arguments));
        return;
    case Role::kRebuildTensor:
        stack_.push_back(rebuiltTensor(arguments));
        return;
    case Role::kRebuildParameter: // (tensor, requires grad, hooks)
    case Role::kSize:             // (sizes)
        if (arguments.items.empty()) {
            refuse("Its description of the tensors is damaged.");
        }
        expect(arguments.items[0], callee.role == Role::kSize ? Kind::kTuple : Kind::kTensor);
        stack_.push_back(arguments.items[0]);
        return;
    case Role::kStorage:
        refuse("It makes a storage in a way that model files do not.");
    }
}

// Attributes of an OrderedDict (versions of modules) or of a tensor: nothing that is needed here.
void Machine::build()
{
    pop();
    const Kind kind = value(top()).kind;
    if (kind != Kind::kDict && kind != Kind::kTensor) {
        refuse("It sets attributes of something that is not a tensor.");
    }
}

bool Machine::step()
{
    const auto opcode = number<unsigned char>();
    switch (opcode) {
    case 0x80: // PROTO
        if (number<unsigned char>() > 5) {
            refuse("It is written in a newer form of Python's pickle language.");
        }
        break;
    case 0x95: // FRAME
        take(8);
        break;
    case '.': // STOP
        return false;
    case '(': // MARK
        pushKind(Kind::kMark);
        break;
    case '0': // POP
        pop();
        break;
    case '1': // POP_MARK
        popToMark();
        break;
    case '2': // DUP
        spend(1);
        stack_.push_back(top());
        break;
    case 'N': // NONE
        pushKind(Kind::kNone);
        break;
    case 0x88: // NEWTRUE
    case 0x89: // NEWFALSE
        pushKind(Kind::kBool, opcode == 0x88);
        break;
    case 'J': // BININT
        pushKind(Kind::kInteger, number<std::int32_t>());
        break;
    case 'K': // BININT1
        pushKind(Kind::kInteger, number<std::uint8_t>());
        break;
    case 'M': // BININT2
        pushKind(Kind::kInteger, number<std::uint16_t>());
        break;
    case 0x8a: // LONG1
        pushKind(Kind::kInteger, longNumber(number<std::uint8_t>()));
        break;
    case 0x8b: // LONG4
        pushKind(Kind::kInteger, longNumber(number<std::uint32_t>()));
        break;
    case 'G': // BINFLOAT
        take(8);
        pushKind(Kind::kReal);
        break;
    case 'X': // BINUNICODE
    case 'T': // BINSTRING
    case 'B': // BINBYTES
        push({Kind::kText, 0, take(number<std::uint32_t>()), {}});
        break;
    case 0x8c: // SHORT_BINUNICODE
    case 'U':  // SHORT_BINSTRING
    case 'C':  // SHORT_BINBYTES
        push({Kind::kText, 0, take(number<std::uint8_t>()), {}});
        break;
    case 0x8d: // BINUNICODE8
    case 0x8e: // BINBYTES8
        push({Kind::kText, 0, take(number<std::uint64_t>()), {}});
        break;
    case '}': // EMPTY_DICT
        pushKind(Kind::kDict);
        break;
    case ']': // EMPTY_LIST
        pushKind(Kind::kList);
        break;
    case ')': // EMPTY_TUPLE
        pushKind(Kind::kTuple);
        break;
    case 't': // TUPLE
        push({Kind::kTuple, 0, {}, popToMark()});
        break;
    case 0x85: // TUPLE1
    case 0x86: // TUPLE2
    case 0x87: // TUPLE3
        pushTuple(opcode - 0x84u);
        break;
    case 'a': { // APPEND
        const std::uint32_t item = pop();
        addTo(top(), Kind::kList, {item});
        break;
    }
    case 'e': { // APPENDS
        const auto items = popToMark();
        addTo(top(), Kind::kList, items);
        break;
    }
    case 's': { // SETITEM
        const std::uint32_t item = pop();
        const std::uint32_t key = pop();
        addTo(top(), Kind::kDict, {key, item});
        break;
    }
    case 'u': { // SETITEMS
        const auto items = popToMark();
        addTo(top(), Kind::kDict, items);
        break;
    }
    case 'c': { // GLOBAL
        const std::string_view module = line();
        pushGlobal(module, line());
        break;
    }
    case 0x93: { // STACK_GLOBAL
        const std::string_view name = expect(pop(), Kind::kText).text;
        pushGlobal(expect(pop(), Kind::kText).text, name);
        break;
    }
    case 'R': // REDUCE
        reduce();
        break;
    case 'b': // BUILD
        build();
        break;
    case 'q': // BINPUT
        put(number<std::uint8_t>());
        break;
    case 'r': // LONG_BINPUT
        put(number<std::uint32_t>());
        break;
    case 0x94: // MEMOIZE
        put(static_cast<std::uint32_t>(memo_.size()));
        break;
    case 'h': // BINGET
        get(number<std::uint8_t>());
        break;
    case 'j': // LONG_BINGET
        get(number<std::uint32_t>());
        break;
    case 'Q': // BINPERSID
        persistentId();
        break;
    default:
        refuse("It holds the pickle instruction " + std::to_string(opcode) + ", which files of tensors do not need.");
    }
    return true;
}

Pickled Machine::run()
{
    while (step()) {
        spend(0);
    }
    result_.root = pop();
    result_.consumed = at_;
    return std::move(result_);
}

} // namespace

Pickled readPickle(std::string_view bytes, std::string_view label)
{
    return Machine(bytes, label).run();
}

} // namespace reelmend::models
