#include "lake/upkeep/hilbert.h"

namespace deltaport::lake {

uint64_t InterleaveBits(std::span<const uint32_t> coordinates, int bits) {
  uint64_t index = 0;
  for (int bit = bits - 1; bit >= 0; --bit) {
    for (const uint32_t coordinate : coordinates) index = index << 1 | (coordinate >> bit & 1U);
  }
  return index;
}

uint64_t HilbertIndex(std::span<uint32_t> coordinates, int bits) {
  if (bits == 0) return 0;
  const uint32_t top = 1U << (bits - 1);
  for (uint32_t q = top; q > 1; q >>= 1) {
    const uint32_t below = q - 1;
    for (uint32_t& coordinate : coordinates) {
      if ((coordinate & q) != 0) {
        coordinates[0] ^= below;
      } else {
        const uint32_t exchanged = (coordinates[0] ^ coordinate) & below;
        coordinates[0] ^= exchanged;
        coordinate ^= exchanged;
      }
    }
  }
  // Gray code.
  for (size_t i = 1; i < coordinates.size(); ++i) coordinates[i] ^= coordinates[i - 1];
  uint32_t flips = 0;
  for (uint32_t q = top; q > 1; q >>= 1) {
    if ((coordinates.back() & q) != 0) flips ^= q - 1;
  }
  for (uint32_t& coordinate : coordinates) coordinate ^= flips;
  return InterleaveBits(coordinates, bits);
}

}  // namespace deltaport::lake
