#include "lake/upkeep/hilbert.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace deltaport::lake {
namespace {

TEST(SpaceFillingCurve, BitsAreTakenInTurns) {
  const std::vector<uint32_t> point = {0b101, 0b011};
  EXPECT_EQ(InterleaveBits(point, 3), 0b100111U);
  const std::vector<uint32_t> wide(4, 0xFFFF);
  EXPECT_EQ(InterleaveBits(wide, 16), ~uint64_t{0});
}

// All points of the cube, by their position.
std::map<uint64_t, std::vector<uint32_t>> HilbertOrder(size_t dimensions, int bits) {
  std::map<uint64_t, std::vector<uint32_t>> points;
  const uint64_t count = uint64_t{1} << (dimensions * static_cast<size_t>(bits));
  for (uint64_t n = 0; n < count; ++n) {
    std::vector<uint32_t> point;
    for (size_t i = 0; i < dimensions; ++i) {
      point.push_back(static_cast<uint32_t>(n >> (i * static_cast<size_t>(bits)) &
                                            ((uint64_t{1} << bits) - 1)));
    }
    std::vector<uint32_t> spent = point;
    points[HilbertIndex(spent, bits)] = point;
  }
  return points;
}

TEST(SpaceFillingCurve, HilbertVisitsEveryPointAndStepsToNeighbours) {
  for (const auto& [dimensions, bits] :
       std::vector<std::pair<size_t, int>>{{1, 6}, {2, 1}, {2, 5}, {3, 3}, {4, 2}, {5, 2}}) {
    const auto points = HilbertOrder(dimensions, bits);
    const uint64_t count = uint64_t{1} << (dimensions * static_cast<size_t>(bits));
    ASSERT_EQ(points.size(), count);
    EXPECT_EQ(points.begin()->first, 0U);
    EXPECT_EQ(points.rbegin()->first, count - 1);
    const std::vector<uint32_t>* before = nullptr;
    for (const auto& [index, point] : points) {
      if (before != nullptr) {
        uint32_t distance = 0;
        for (size_t i = 0; i < dimensions; ++i) {
          distance += point[i] > (*before)[i] ? point[i] - (*before)[i] : (*before)[i] - point[i];
        }
        EXPECT_EQ(distance, 1U) << dimensions << " dimensions, position " << index;
      }
      before = &point;
    }
  }
}

}  // namespace
}  // namespace deltaport::lake
