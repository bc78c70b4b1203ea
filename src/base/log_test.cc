#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yyjson.h>

namespace deltaport::log {
namespace {

constexpr int64_t kTime = 1'763'724'896'007;

TEST(Log, TextLineQuotesOnlyWhereNeeded) {
  EXPECT_EQ(FormatLine(Format::kText, Level::kInfo, kTime, "request",
                       {{"path", "/a b"}, {"status", 200}, {"ok", true}, {"ms", 1.5}}),
            "2025-11-21T11:34:56.007Z info    request path=\"/a b\" status=200 ok=true ms=1.5");
}

TEST(Log, ControlCharactersCannotForgeALine) {
  for (const Format format : {Format::kText, Format::kJson}) {
    const std::string line =
        FormatLine(format, Level::kError, kTime, "a\nb", {{"target", "x\r\n2026 error forged"}});
    EXPECT_THAT(line,
                testing::Not(testing::AnyOf(testing::HasSubstr("\n"), testing::HasSubstr("\r"))));
  }
}

TEST(Log, SecretsAreNeverWritten) {
  for (const Format format : {Format::kText, Format::kJson}) {
    const std::string line = FormatLine(format, Level::kInfo, kTime, "start",
                                        {{"admin_token", "hunter2"}, {"Password", "hunter2"}});
    EXPECT_THAT(line, testing::Not(testing::HasSubstr("hunter2")));
    EXPECT_THAT(line, testing::HasSubstr("***"));
  }
}

TEST(Log, JsonLineIsValidJson) {
  const std::string line = FormatLine(Format::kJson, Level::kWarning, kTime, "quote \" and \\",
                                      {{"n", -3}, {"nan", std::stod("nan")}, {"t", "tab\t"}});
  yyjson_doc* document = yyjson_read(line.data(), line.size(), 0);
  ASSERT_NE(document, nullptr) << line;
  yyjson_val* root = yyjson_doc_get_root(document);
  EXPECT_STREQ(yyjson_get_str(yyjson_obj_get(root, "message")), "quote \" and \\");
  EXPECT_STREQ(yyjson_get_str(yyjson_obj_get(root, "level")), "warning");
  EXPECT_EQ(yyjson_get_sint(yyjson_obj_get(root, "n")), -3);
  EXPECT_TRUE(yyjson_is_null(yyjson_obj_get(root, "nan")));
  yyjson_doc_free(document);
}

TEST(Log, UnknownLevelNamesWhatIsAllowed) {
  EXPECT_EQ(ParseLevel("WARN").ValueOrDie(), Level::kWarning);
  const auto level = ParseLevel("loud");
  ASSERT_FALSE(level.ok());
  EXPECT_EQ(CodeOf(level.status()), ErrorCode::kInvalidArgument);
  EXPECT_THAT(level.status().message(), testing::HasSubstr("debug, info"));
  EXPECT_FALSE(ParseFormat("xml").ok());
}

}  // namespace
}  // namespace deltaport::log
