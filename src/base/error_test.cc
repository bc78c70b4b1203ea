#include "base/error.h"

#include <gtest/gtest.h>

namespace deltaport {
namespace {

TEST(ErrorTest, CarriesCodeAndFormattedMessage) {
  const Status status = Error(ErrorCode::kNotFound, "dataset '{}' does not exist", "taxi");
  EXPECT_EQ(CodeOf(status), ErrorCode::kNotFound);
  EXPECT_EQ(status.message(), "dataset 'taxi' does not exist");
}

TEST(ErrorTest, ContextKeepsTheCode) {
  const Status status =
      WithContext(Error(ErrorCode::kCorruptTable, "bad footer"), "part-0.parquet");
  EXPECT_EQ(CodeOf(status), ErrorCode::kCorruptTable);
  EXPECT_EQ(status.message(), "part-0.parquet: bad footer");
}

TEST(ErrorTest, ContextOfOkIsOk) { EXPECT_TRUE(WithContext(Status::OK(), "x").ok()); }

TEST(ErrorTest, ArrowsOwnStatusesAreMapped) {
  EXPECT_EQ(CodeOf(Status::IOError("x")), ErrorCode::kIo);
  EXPECT_EQ(CodeOf(Status::OutOfMemory("x")), ErrorCode::kResourceExhausted);
  EXPECT_EQ(CodeOf(Status::Invalid("x")), ErrorCode::kInternal);
}

TEST(ErrorTest, EveryCodeHasItsOwnName) {
  std::vector<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    names.push_back(ErrorCodeName(static_cast<ErrorCode>(code)));
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace deltaport
