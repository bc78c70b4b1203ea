#include "columnar/utf8.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deltaport::columnar {
namespace {

using testing::HasSubstr;

std::shared_ptr<arrow::Array> Texts(const std::vector<std::string>& texts) {
  arrow::StringBuilder builder;
  EXPECT_TRUE(builder.AppendNull().ok());
  EXPECT_TRUE(builder.AppendValues(texts).ok());
  EXPECT_TRUE(builder.AppendEmptyValue().ok());
  return builder.Finish().ValueOrDie();
}

Status Check(const std::shared_ptr<arrow::Array>& array) {
  return CheckUtf8(*arrow::field("note", array->type()), *array);
}

TEST(Utf8, TextsOfAnyLanguageAreAccepted) {
  EXPECT_TRUE(Check(Texts({})).ok());
  EXPECT_TRUE(Check(Texts({"plain", "", "\xC3\xA9", "\xE6\x97\xA5", "\xF0\x9F\x8C\x8D"})).ok());
}

TEST(Utf8, OtherBytesAreRefusedByTheNameOfTheColumn) {
  for (const std::string bytes : {"\xFF", "\xC3(", "\xED\xA0\x80", "abc\xE6\x97"}) {
    const Status status = Check(Texts({"plain", bytes}));
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.message(), HasSubstr("'note'"));
  }
}

TEST(Utf8, CharacterThatTwoValuesShareIsRefused) {
  EXPECT_FALSE(Check(Texts({"a\xC3", "\xA9 b"})).ok());
}

TEST(Utf8, TextsInsideOfListsAndSlicesAreLookedAt) {
  arrow::ListBuilder builder(arrow::default_memory_pool(),
                             std::make_shared<arrow::StringBuilder>());
  ASSERT_TRUE(builder.Append().ok());
  ASSERT_TRUE(static_cast<arrow::StringBuilder&>(*builder.value_builder()).Append("\xFF").ok());
  EXPECT_FALSE(Check(builder.Finish().ValueOrDie()).ok());
  const auto texts = Texts({"\xFF", "plain", "\xC3\xA9"});
  EXPECT_FALSE(Check(texts).ok());
  EXPECT_TRUE(Check(texts->Slice(2)).ok());
}

}  // namespace
}  // namespace deltaport::columnar
