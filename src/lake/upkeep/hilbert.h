// Positions along space-filling curves: points that are close on the curve are close in space, so
// that files cut out of it have narrow bounds in every dimension.

#pragma once

#include <cstdint>
#include <span>

namespace deltaport::lake {

// Coordinates times bits must not be more than this.
inline constexpr int kCurveBitsMax = 64;

// The coordinates' bits in turns, the highest of the first coordinate first (Morton order).
uint64_t InterleaveBits(std::span<const uint32_t> coordinates, int bits);

// The position along a Hilbert curve of `bits` bits a coordinate. Neighbours on it are neighbours
// in space, too. Source: J. Skilling, "Programming the Hilbert curve", AIP Conf. Proc. 707 (2004).
// Changes the coordinates.
uint64_t HilbertIndex(std::span<uint32_t> coordinates, int bits);

}  // namespace deltaport::lake
