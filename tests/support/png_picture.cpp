#include "tests/support/png_picture.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace reelmend::test {

namespace {

// RFC 1951.
class Inflate {
public:
    explicit Inflate(const std::vector<std::uint8_t>& bytes)
        : bytes_(bytes)
    {}

    std::vector<std::uint8_t> run()
    {
        bool isLast = false;
        while (!isLast) {
            isLast = bits(1) != 0;
            switch (bits(2)) {
            case 0:
                stored();
                break;
            case 1: {
                std::vector<int> literal(288, 8), distance(30, 5);
                std::fill(literal.begin() + 144, literal.begin() + 256, 9);
                std::fill(literal.begin() + 256, literal.begin() + 280, 7);
                compressed(Code(literal), Code(distance));
                break;
            }
            case 2:
                dynamic();
                break;
            default:
                throw std::runtime_error("bad block");
            }
        }
        return std::move(out_);
    }

private:
    struct Code { // canonical Huffman
        std::array<int, 16> count{};
        std::vector<int> symbols;
        explicit Code(const std::vector<int>& lengths)
        {
            std::array<int, 16> offset{};
            for (const int length : lengths) {
                ++count[static_cast<std::size_t>(length)];
            }
            count[0] = 0;
            for (std::size_t i = 1; i < 15; ++i) {
                offset[i + 1] = offset[i] + count[i];
            }
            symbols.resize(lengths.size());
            for (std::size_t s = 0; s < lengths.size(); ++s) {
                if (lengths[s] > 0) {
                    symbols[static_cast<std::size_t>(offset[static_cast<std::size_t>(lengths[s])]++)] =
                        static_cast<int>(s);
                }
            }
        }
    };

    int bits(int count)
    {
        int value = 0;
        for (int i = 0; i < count; ++i, ++position_) {
            value |= ((bytes_.at(position_ / 8) >> (position_ % 8)) & 1) << i;
        }
        return value;
    }

    int symbol(const Code& code)
    {
        int value = 0, first = 0, index = 0;
        for (std::size_t length = 1; length < 16; ++length) {
            value |= bits(1);
            const int count = code.count[length];
            if (value - count < first) {
                return code.symbols[static_cast<std::size_t>(index + value - first)];
            }
            index += count;
            first = (first + count) << 1;
            value <<= 1;
        }
        throw std::runtime_error("bad code");
    }

    void stored()
    {
        position_ = (position_ + 7) / 8 * 8;
        const int length = bits(16);
        bits(16);
        for (int i = 0; i < length; ++i) {
            out_.push_back(static_cast<std::uint8_t>(bits(8)));
        }
    }

    void dynamic()
    {
        static constexpr int kOrder[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
        const int literals = bits(5) + 257, distances = bits(5) + 1, codes = bits(4) + 4;
        std::vector<int> lengths(19, 0);
        for (int i = 0; i < codes; ++i) {
            lengths[static_cast<std::size_t>(kOrder[i])] = bits(3);
        }
        const Code lengthCode(lengths);
        lengths.clear();
        while (static_cast<int>(lengths.size()) < literals + distances) {
            const int s = symbol(lengthCode);
            if (s < 16) {
                lengths.push_back(s);
                continue;
            }
            const int value = s == 16 ? lengths.back() : 0;
            const int times = s == 16 ? 3 + bits(2) : s == 17 ? 3 + bits(3) : 11 + bits(7);
            lengths.insert(lengths.end(), static_cast<std::size_t>(times), value);
        }
        compressed(
            Code({lengths.begin(), lengths.begin() + literals}), Code({lengths.begin() + literals, lengths.end()}));
    }

    void compressed(const Code& literal, const Code& distance)
    {
        static constexpr int kLength[] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67,
            83, 99, 115, 131, 163, 195, 227, 258};
        static constexpr int kLengthBits[] = {
            0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
        static constexpr int kDistance[] = {1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513,
            769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
        for (int s = symbol(literal); s != 256; s = symbol(literal)) {
            if (s < 256) {
                out_.push_back(static_cast<std::uint8_t>(s));
                continue;
            }
            const int length = kLength[s - 257] + bits(kLengthBits[s - 257]);
            const int d = symbol(distance);
            const int back = kDistance[d] + bits(d < 2 ? 0 : d / 2 - 1);
            for (int i = 0; i < length; ++i) {
                out_.push_back(out_.at(out_.size() - static_cast<std::size_t>(back)));
            }
        }
    }

    const std::vector<std::uint8_t>& bytes_;
    std::size_t position_ = 0; // in bits
    std::vector<std::uint8_t> out_;
};

std::size_t number(const std::vector<std::uint8_t>& bytes, std::size_t at)
{
    return (std::size_t{bytes.at(at)} << 24) | (std::size_t{bytes.at(at + 1)} << 16) |
           (std::size_t{bytes.at(at + 2)} << 8) | bytes.at(at + 3);
}

int paeth(int left, int up, int corner)
{
    const int guess = left + up - corner;
    const int a = std::abs(guess - left), b = std::abs(guess - up), c = std::abs(guess - corner);
    return a <= b && a <= c ? left : b <= c ? up : corner;
}

} // namespace

RgbPicture readPng(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    RgbPicture picture;
    std::vector<std::uint8_t> packed;
    for (std::size_t at = 8; at + 12 <= bytes.size();) {
        const std::size_t length = number(bytes, at);
        const std::string kind(bytes.begin() + static_cast<long>(at) + 4, bytes.begin() + static_cast<long>(at) + 8);
        const auto data = bytes.begin() + static_cast<long>(at) + 8;
        if (kind == "IHDR") {
            picture.width = static_cast<int>(number(bytes, at + 8));
            picture.height = static_cast<int>(number(bytes, at + 12));
            if (data[8] != 8 || data[9] != 2 || data[12] != 0) {
                throw std::runtime_error("not 8-bit RGB");
            }
        } else if (kind == "IDAT") {
            packed.insert(packed.end(), data, data + static_cast<long>(length));
        }
        at += length + 12;
    }
    packed.erase(
        packed.begin(), packed.begin() + std::min<long>(2, static_cast<long>(packed.size()))); // zlib's header
    const auto raw = Inflate(packed).run();
    const int row = picture.width * 3;
    std::vector<std::uint8_t> above(static_cast<std::size_t>(row), 0);
    for (int y = 0; y < picture.height; ++y) {
        const std::size_t begin = static_cast<std::size_t>(y) * static_cast<std::size_t>(row + 1);
        std::vector<std::uint8_t> line(
            raw.begin() + static_cast<long>(begin) + 1, raw.begin() + static_cast<long>(begin) + 1 + row);
        for (std::size_t x = 0; x < line.size(); ++x) {
            const int left = x < 3 ? 0 : line[x - 3], up = above[x], corner = x < 3 ? 0 : above[x - 3];
            const int predicted[] = {0, left, up, (left + up) / 2, paeth(left, up, corner)};
            line[x] = static_cast<std::uint8_t>(line[x] + predicted[raw.at(begin)]);
        }
        picture.samples.insert(picture.samples.end(), line.begin(), line.end());
        above = std::move(line);
    }
    return picture;
}

} // namespace reelmend::test
