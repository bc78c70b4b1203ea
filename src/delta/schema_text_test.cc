#include "delta/schema_text.h"

#include <gtest/gtest.h>

namespace deltaport::delta {
namespace {

constexpr char kSchema[] =
    R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":false,)"
    R"("metadata":{"delta.identity.start":1,"delta.typeChanges":[{"toType":"long"}]}},)"
    R"({"name":"Id2","type":"string","nullable":true,"metadata":{}}],"more":{"a":1.50}})";

TEST(SchemaTextTest, SetsAKeyAndLeavesEverythingElse) {
  EXPECT_EQ(*WithFieldMetadata(kSchema, "id", "delta.identity.highWaterMark", "7"),
            R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":false,)"
            R"("metadata":{"delta.identity.start":1,"delta.typeChanges":[{"toType":"long"}],)"
            R"("delta.identity.highWaterMark":7}},)"
            R"({"name":"Id2","type":"string","nullable":true,"metadata":{}}],"more":{"a":1.50}})");
  EXPECT_NE(WithFieldMetadata(kSchema, "id", "delta.identity.start", "2")
                ->find(R"("metadata":{"delta.identity.start":2,"delta.typeChanges")"),
            std::string::npos);
  EXPECT_NE(WithFieldMetadata(kSchema, "Id2", "a\"b", R"("x")")->find(R"("metadata":{"a\"b":"x"})"),
            std::string::npos);
}

TEST(SchemaTextTest, RemovesAKey) {
  EXPECT_NE(WithFieldMetadata(kSchema, "id", "delta.identity.start", std::nullopt)
                ->find(R"("metadata":{"delta.typeChanges":[{"toType":"long"}]})"),
            std::string::npos);
  EXPECT_EQ(*WithFieldMetadata(kSchema, "Id2", "nothing", std::nullopt), kSchema);
}

TEST(SchemaTextTest, TellsWhatIsWrong) {
  EXPECT_EQ(CodeOf(WithFieldMetadata(kSchema, "ID", "a", "1").status()), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(WithFieldMetadata("{}", "id", "a", "1").status()), ErrorCode::kCorruptTable);
  EXPECT_EQ(CodeOf(WithFieldMetadata("{", "id", "a", "1").status()), ErrorCode::kCorruptTable);
}

}  // namespace
}  // namespace deltaport::delta
