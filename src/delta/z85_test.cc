#include "delta/z85.h"

#include <random>

#include <gtest/gtest.h>

namespace deltaport::delta {
namespace {

TEST(Z85, TheExampleOfTheSpecificationHolds) {
  const std::string bytes = "\x86\x4f\xd2\x6f\xb5\x59\xf7\x5b";
  EXPECT_EQ(EncodeZ85(bytes), "HelloWorld");
  EXPECT_EQ(DecodeZ85("HelloWorld").ValueOrDie(), bytes);
  EXPECT_EQ(DecodeZ85("").ValueOrDie(), "");
}

TEST(Z85, WhatIsNotZ85IsRefused) {
  for (const char* text : {"Hell", "Hello1", "Hel o", "Hel\xc3\xa9", "#####", "%nSc1"}) {
    const auto decoded = DecodeZ85(text);
    ASSERT_FALSE(decoded.ok()) << text;
    EXPECT_EQ(CodeOf(decoded.status()), ErrorCode::kCorruptTable);
  }
  EXPECT_EQ(DecodeZ85("%nSc0").ValueOrDie(), "\xff\xff\xff\xff");
}

TEST(Z85, RandomBytesComeBack) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::string bytes(random() % 40 * 4, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    ASSERT_EQ(DecodeZ85(EncodeZ85(bytes)).ValueOrDie(), bytes);
  }
}

}  // namespace
}  // namespace deltaport::delta
