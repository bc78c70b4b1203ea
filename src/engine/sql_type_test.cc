#include "engine/sql_type.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace deltaport::engine {
namespace {

std::string NameOf(const std::shared_ptr<arrow::DataType>& type) {
  const auto name = SqlTypeName(*type);
  return name.ok() ? *name : name.status().message();
}

TEST(SqlType, EveryDeltaTypeHasAName) {
  EXPECT_EQ(NameOf(arrow::int8()), "TINYINT");
  EXPECT_EQ(NameOf(arrow::decimal128(10, 2)), "DECIMAL(10,2)");
  EXPECT_EQ(NameOf(arrow::timestamp(arrow::TimeUnit::MICRO)), "TIMESTAMP");
  EXPECT_EQ(NameOf(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")), "TIMESTAMPTZ");
}

TEST(SqlType, NestedTypesQuoteTheirFields) {
  const auto inner = arrow::struct_({arrow::field("a \"b", arrow::list(arrow::utf8()))});
  EXPECT_EQ(NameOf(arrow::map(arrow::int64(), inner)),
            "MAP(BIGINT, STRUCT(\"a \"\"b\" VARCHAR[]))");
}

TEST(SqlType, TypesThatNoTableHasAreRefused) {
  EXPECT_EQ(SqlTypeName(*arrow::duration(arrow::TimeUnit::SECOND)).status().message(),
            "a value of type duration[s] cannot be computed in SQL");
}

}  // namespace
}  // namespace deltaport::engine
