#include "delta/partition_text.h"

#include <arrow/array.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

namespace deltaport::delta {
namespace {

std::string ValueOf(const std::string& type, const std::string& text) {
  const auto column =
      arrow::field("c", arrow::utf8())
          ->WithMetadata(arrow::key_value_metadata({"__CHAR_VARCHAR_TYPE_STRING"}, {type}));
  arrow::StringBuilder builder;
  EXPECT_TRUE(PartitionText(*column).Append(text, builder).ok());
  const auto value = *(*builder.Finish())->GetScalar(0);
  return value->is_valid ? value->ToString() : "null";
}

TEST(PartitionText, CharColumnsGetTheBlanksThatTheLogLacks) {
  EXPECT_EQ(ValueOf("char(3)", "a"), "a  ");
  EXPECT_EQ(ValueOf("char(3)", "a  "), "a  ");
  EXPECT_EQ(ValueOf("char(3)", "üé"), "üé ");
  EXPECT_EQ(ValueOf("char(3)", "long"), "long");
  EXPECT_EQ(ValueOf("char(3)", ""), "null");
}

TEST(PartitionText, OtherColumnsKeepTheirText) {
  EXPECT_EQ(ValueOf("varchar(3)", "a"), "a");
  EXPECT_EQ(ValueOf("char(x)", "a"), "a");
  EXPECT_EQ(ValueOf("char(99999999999999999999)", "a"), "a");
}

TEST(PartitionText, TextThatIsNoValueIsDamage) {
  arrow::Int32Builder builder;
  const Status status = PartitionText(*arrow::field("c", arrow::int32())).Append("x", builder);
  EXPECT_EQ(CodeOf(status), ErrorCode::kCorruptTable);
}

}  // namespace
}  // namespace deltaport::delta
