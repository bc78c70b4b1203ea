#include "columnar/delta_schema.h"

#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

namespace deltaport::columnar {
namespace {

std::string Column(std::string_view type) {
  return fmt::format(
      R"({{"type":"struct","fields":[{{"name":"c","type":{},"nullable":true,"metadata":{{}}}}]}})",
      type);
}

struct TypePair {
  std::string json;
  std::shared_ptr<arrow::DataType> type;
};

std::vector<TypePair> AllTypes() {
  return {
      {R"("string")", arrow::utf8()},
      {R"("long")", arrow::int64()},
      {R"("integer")", arrow::int32()},
      {R"("short")", arrow::int16()},
      {R"("byte")", arrow::int8()},
      {R"("float")", arrow::float32()},
      {R"("double")", arrow::float64()},
      {R"("boolean")", arrow::boolean()},
      {R"("binary")", arrow::binary()},
      {R"("date")", arrow::date32()},
      {R"("timestamp")", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {R"("timestamp_ntz")", arrow::timestamp(arrow::TimeUnit::MICRO)},
      {R"("void")", arrow::null()},
      {"\"decimal(38,18)\"", arrow::decimal128(38, 18)},
      {R"({"type":"array","elementType":"long","containsNull":false})",
       arrow::list(arrow::field("element", arrow::int64(), false))},
      {R"({"type":"map","keyType":"string","valueType":"date","valueContainsNull":true})",
       arrow::map(arrow::utf8(), arrow::field("value", arrow::date32(), true))},
      {R"({"type":"struct","fields":[{"name":"x","type":"byte","nullable":false,"metadata":{}}]})",
       arrow::struct_({arrow::field("x", arrow::int8(), false)})},
  };
}

TEST(DeltaSchema, EveryTypeGoesBothWays) {
  for (const auto& [json, type] : AllTypes()) {
    const auto schema = SchemaFromDeltaJson(Column(json));
    ASSERT_TRUE(schema.ok()) << json << ": " << schema.status();
    EXPECT_TRUE((*schema)->field(0)->type()->Equals(*type)) << json;
    EXPECT_EQ(SchemaToDeltaJson(**schema).ValueOrDie(), Column(json));
  }
}

TEST(DeltaSchema, VariantsAreMarkedStringsAtEveryDepth) {
  for (const std::string type :
       {R"("variant")", R"({"type":"array","elementType":"variant","containsNull":true})",
        R"({"type":"map","keyType":"string","valueType":"variant","valueContainsNull":true})",
        R"({"type":"struct","fields":[{"name":"x","type":"variant","nullable":true,)"
        R"("metadata":{}}]})"}) {
    const auto schema = SchemaFromDeltaJson(Column(type)).ValueOrDie();
    EXPECT_EQ(SchemaToDeltaJson(*schema).ValueOrDie(), Column(type));
    EXPECT_NE(DeltaTypeName(*schema->field(0)).find("variant"), std::string::npos);
  }
  const auto schema = SchemaFromDeltaJson(Column(R"("variant")")).ValueOrDie();
  EXPECT_TRUE(IsVariant(*schema->field(0)));
  EXPECT_TRUE(schema->field(0)->type()->Equals(arrow::utf8()));
  EXPECT_FALSE(IsVariant(*SchemaFromDeltaJson(Column(R"("string")")).ValueOrDie()->field(0)));
}

TEST(DeltaSchema, JsonInFieldMetadataStaysJson) {
  const std::string text =
      R"({"type":"struct","fields":[{"name":"c","type":"long","nullable":true,"metadata":)"
      R"({"delta.typeChanges":[{"fromType":"integer","toType":"long"}],"flag":true,"none":null,)"
      R"("number":1.50,"text":"[1]","object":{"a":{"b":"1"}}}}]})";
  const auto schema = SchemaFromDeltaJson(text).ValueOrDie();
  EXPECT_EQ(schema->field(0)->metadata()->Get("number").ValueOrDie(), "1.50");
  EXPECT_EQ(SchemaToDeltaJson(*schema).ValueOrDie(), text);
}

TEST(DeltaSchema, FieldMetadataIsKept) {
  const std::string text =
      R"({"type":"struct","fields":[{"name":"c","type":"long","nullable":false,"metadata":)"
      R"({"comment":"a \"b\"","delta.columnMapping.id":4,)"
      R"("delta.columnMapping.physicalName":"col-1"}}]})";
  const auto schema = SchemaFromDeltaJson(text).ValueOrDie();
  EXPECT_EQ(schema->field(0)->metadata()->Get(kPhysicalNameKey).ValueOrDie(), "col-1");
  EXPECT_EQ(schema->field(0)->metadata()->Get(kColumnIdKey).ValueOrDie(), "4");
  EXPECT_EQ(SchemaToDeltaJson(*schema).ValueOrDie(), text);
}

TEST(DeltaSchema, NotesOfArrowsParquetReaderAreNoFieldMetadata) {
  const auto schema =
      SchemaFromDeltaJson(R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,)"
                          R"("metadata":{"PARQUET:field_id":7,"comment":"x"}}]})");
  ASSERT_TRUE(schema.ok()) << schema.status();
  EXPECT_EQ((*schema)->field(0)->metadata()->keys(), std::vector<std::string>{"comment"});
}

TEST(DeltaSchema, DamageIsNamed) {
  const std::string twice =
      R"({"type":"struct","fields":[{"name":"c","type":"long","nullable":true,"metadata":{}},)"
      R"({"name":"C","type":"long","nullable":true,"metadata":{}}]})";
  std::string deep = "\"long\"";
  for (int i = 0; i < 500; ++i) {
    deep = fmt::format(R"({{"type":"array","elementType":{},"containsNull":true}})", deep);
  }
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string(R"({"type":"struct"})"), twice,
        Column(deep), Column("7"), Column("\"decimal(39,1)\""), Column("\"decimal(5,6)\""),
        Column("\"decimal(5\""), Column(R"({"type":"array","elementType":"long"})")}) {
    EXPECT_EQ(CodeOf(SchemaFromDeltaJson(text).status()), ErrorCode::kCorruptTable)
        << text.substr(0, 200);
  }
}

TEST(DeltaSchema, UnknownTypesAreUnsupportedByName) {
  const auto status = SchemaFromDeltaJson(Column(R"("geometry")")).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kUnsupportedFeature);
  EXPECT_NE(status.message().find("column 'c': the type 'geometry'"), std::string::npos) << status;
}

TEST(DeltaSchema, ArrowTypesMapToTypesThatHoldEveryValue) {
  EXPECT_TRUE((*DeltaTypeOf(*arrow::uint8()))->Equals(arrow::int16()));
  EXPECT_TRUE((*DeltaTypeOf(*arrow::uint64()))->Equals(arrow::decimal128(20, 0)));
  EXPECT_TRUE((*DeltaTypeOf(*arrow::dictionary(arrow::int8(), arrow::large_utf8())))
                  ->Equals(arrow::utf8()));
  EXPECT_TRUE((*DeltaTypeOf(*arrow::timestamp(arrow::TimeUnit::NANO, "Europe/Paris")))
                  ->Equals(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")));
  EXPECT_EQ(CodeOf(DeltaTypeOf(*arrow::time64(arrow::TimeUnit::MICRO)).status()),
            ErrorCode::kUnsupportedFeature);
  EXPECT_EQ(CodeOf(DeltaTypeOf(*arrow::decimal256(50, 2)).status()),
            ErrorCode::kUnsupportedFeature);
}

}  // namespace
}  // namespace deltaport::columnar
