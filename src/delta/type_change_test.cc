#include "delta/type_change.h"

#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

#include "columnar/delta_schema.h"

namespace deltaport::delta {
namespace {

std::shared_ptr<arrow::DataType> Type(std::string_view name) {
  return columnar::PrimitiveTypeOf(name, "c").ValueOrDie();
}

std::shared_ptr<arrow::Schema> Changed(const std::string& changes) {
  return arrow::schema(
      {arrow::field("c", arrow::struct_({arrow::field(
                             "x", arrow::int64(), true,
                             arrow::key_value_metadata({"delta.typeChanges"}, {changes}))}))});
}

TEST(TypeChange, TheWideningsOfTheProtocolAndNoOthers) {
  const std::vector<std::pair<std::string, std::string>> allowed = {
      {"byte", "short"},
      {"byte", "long"},
      {"integer", "long"},
      {"float", "double"},
      {"byte", "double"},
      {"integer", "double"},
      {"date", "timestamp_ntz"},
      {"byte", "decimal(10,0)"},
      {"integer", "decimal(12,2)"},
      {"long", "decimal(20,0)"},
      {"long", "decimal(38,18)"},
      {"decimal(5,2)", "decimal(5,2)"},
      {"decimal(5,2)", "decimal(7,4)"}};
  for (const auto& [from, to] : allowed) {
    EXPECT_TRUE(IsTypeWidening(*Type(from), *Type(to))) << from << " " << to;
  }
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"short", "byte"},         {"long", "double"},        {"double", "float"},
      {"date", "timestamp"},     {"integer", "float"},      {"integer", "decimal(9,0)"},
      {"long", "decimal(19,0)"}, {"decimal(5,2)", "long"},  {"decimal(5,2)", "decimal(6,4)"},
      {"string", "long"},        {"float", "decimal(38,9)"}};
  for (const auto& [from, to] : refused) {
    EXPECT_FALSE(IsTypeWidening(*Type(from), *Type(to))) << from << " " << to;
  }
}

TEST(TypeChange, RecordedChangesAreCheckedAtEveryDepth) {
  EXPECT_TRUE(CheckTypeChanges(*Changed(R"([{"fromType":"byte","toType":"long"}])")).ok());
  const auto unknown = CheckTypeChanges(*Changed(R"([{"fromType":"string","toType":"long"}])"));
  EXPECT_EQ(CodeOf(unknown), ErrorCode::kUnsupportedFeature);
  EXPECT_NE(unknown.message().find("'x' from string to long"), std::string::npos) << unknown;
  const auto future = CheckTypeChanges(*Changed(R"([{"fromType":"long","toType":"giant"}])"));
  EXPECT_EQ(CodeOf(future), ErrorCode::kUnsupportedFeature);
  for (const std::string damaged : {"{", "{}", "7", R"([{"fromType":"byte"}])", "[1]"}) {
    EXPECT_EQ(CodeOf(CheckTypeChanges(*Changed(damaged))), ErrorCode::kCorruptTable) << damaged;
  }
}

TEST(TypeChange, OnlyTheColumnItselfWasAFloat) {
  const auto field = [](const std::string& changes) {
    return Changed(changes)->field(0)->type()->field(0);
  };
  EXPECT_TRUE(WasFloat(*field(R"([{"fromType":"float","toType":"double"}])")));
  EXPECT_FALSE(
      WasFloat(*field(R"([{"fromType":"float","toType":"double","fieldPath":"element"}])")));
  EXPECT_FALSE(WasFloat(*arrow::field("x", arrow::float64())));
}

}  // namespace
}  // namespace deltaport::delta
