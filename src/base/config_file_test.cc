#include "base/config_file.h"

#include <array>

#include <gtest/gtest.h>

#include "base/setting.h"

namespace deltaport {
namespace {

std::vector<Setting> TestSettings() {
  Setting port{"server.port", SettingKind::kInteger, int64_t{8080}, "Port", 0, 65535};
  Setting limit{"engine.memory_limit", SettingKind::kBytes, int64_t{0}, "Memory"};
  Setting level{"log.level", SettingKind::kChoice, std::string("info"), "Level"};
  level.choices = {"info", "error"};
  Setting names{"lake.directories", SettingKind::kStrings, std::vector<std::string>{}, "Folders"};
  Setting token{"auth.token", SettingKind::kString, std::string(), "Token"};
  token.secret = true;
  return {port, limit, level, names, token};
}

std::vector<std::string> ProblemsOf(std::string_view text) {
  auto file = ParseConfig(text, "a.toml");
  EXPECT_TRUE(file.ok()) << file.status();
  if (!file.ok()) return {};
  const auto settings = TestSettings();
  ConfigReader reader(*file);
  reader.Read(file->root, "", settings);
  return reader.problems();
}

TEST(ConfigFile, SyntaxErrorNamesFileLineAndColumn) {
  const auto file = ParseConfig("[server]\nport = \n", "a.toml");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(CodeOf(file.status()), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(file.status().message().starts_with("a.toml:2:")) << file.status();
}

TEST(ConfigFile, ValueOfWrongTypeNamesLineAndWhatIsAllowed) {
  EXPECT_EQ(ProblemsOf("[server]\nport = \"x\""),
            std::vector<std::string>{
                "a.toml:2: server.port is 'x', allowed is an integer from 0 to 65535"});
}

TEST(ConfigFile, ValueOutOfRangeNamesLineAndWhatIsAllowed) {
  EXPECT_EQ(ProblemsOf("\n[server]\nport = 70000"),
            std::vector<std::string>{
                "a.toml:3: server.port is '70000', allowed is an integer from 0 to 65535"});
  EXPECT_EQ(
      ProblemsOf("log.level = \"loud\""),
      std::vector<std::string>{"a.toml:1: log.level is 'loud', allowed is one of info, error"});
}

TEST(ConfigFile, UnknownKeySuggestsTheNearest) {
  EXPECT_EQ(
      ProblemsOf("[server]\nprot = 1"),
      std::vector<std::string>{"a.toml:2: unknown key 'server.prot'; did you mean 'server.port'?"});
  EXPECT_EQ(ProblemsOf("[sever]\nport = 1"),
            std::vector<std::string>{"a.toml:1: unknown key 'sever'; did you mean 'server'?"});
  EXPECT_EQ(ProblemsOf("quite_something_else = 1"),
            std::vector<std::string>{"a.toml:1: unknown key 'quite_something_else'"});
}

TEST(ConfigFile, EveryMistakeIsReported) {
  EXPECT_EQ(ProblemsOf("server = 3\n[log]\nlevel = 4\n").size(), 2u);
}

TEST(ConfigFile, SecretsAreNotRepeatedInMessages) {
  const auto problems = ProblemsOf("[auth]\ntoken = 123456");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].find("123456"), std::string::npos);
}

TEST(ConfigFile, ValuesAreReadWithTheirLines) {
  const auto file =
      ParseConfig("[server]\nport = 1\n[engine]\nmemory_limit = \"2GiB\"\n", "a.toml");
  ASSERT_TRUE(file.ok());
  const auto settings = TestSettings();
  ConfigReader reader(*file);
  const auto found = reader.Read(file->root, "", settings);
  ASSERT_EQ(found.size(), 2u);
  for (const FoundSetting& one : found) {
    if (one.setting->key == "server.port") {
      EXPECT_EQ(std::get<int64_t>(one.value), 1);
      EXPECT_EQ(one.line, 2);
    } else {
      EXPECT_EQ(std::get<int64_t>(one.value), int64_t{2} << 30);
      EXPECT_EQ(one.line, 4);
    }
  }
}

TEST(ConfigFile, DeepNestingIsRefused) {
  const std::string deep = "a = " + std::string(10'000, '[') + std::string(10'000, ']');
  EXPECT_FALSE(ParseConfig(deep, "a.toml").ok());
}

TEST(ConfigFile, DatesAreRefusedWithTheirLine) {
  const auto file = ParseConfig("\nx = 2024-01-01", "a.toml");
  ASSERT_FALSE(file.ok());
  EXPECT_TRUE(file.status().message().starts_with("a.toml:2:")) << file.status();
}

TEST(ConfigFile, MissingFileIsNotFound) {
  const auto file = ReadConfigFile("/nonexistent/a.toml");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(CodeOf(file.status()), ErrorCode::kNotFound);
}

TEST(Setting, TextOfEnvironmentIsChecked) {
  const auto settings = TestSettings();
  EXPECT_EQ(std::get<int64_t>(*ParseSettingText(settings[0], "80")), 80);
  EXPECT_FALSE(ParseSettingText(settings[0], "80x").ok());
  EXPECT_FALSE(ParseSettingText(settings[0], "-1").ok());
  EXPECT_EQ(std::get<std::vector<std::string>>(*ParseSettingText(settings[3], "a, b,")),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(EnvironmentName(settings[0]), "DELTAPORT_SERVER_PORT");
}

TEST(Setting, ByteSizesTakeDecimalAndBinaryUnits) {
  EXPECT_EQ(*ParseByteSize("512MB"), 512'000'000);
  EXPECT_EQ(*ParseByteSize("1.5 GiB"), 1'610'612'736);
  EXPECT_EQ(*ParseByteSize("7"), 7);
  for (const char* wrong : {"", "x", "1 parsec", "-1", "1e99", "nan", "inf"}) {
    EXPECT_FALSE(ParseByteSize(wrong).ok()) << wrong;
  }
}

TEST(Setting, TextIsQuotedAsToml) {
  EXPECT_EQ(FormatSettingValue(std::string("a\"b\\c\n")), "\"a\\\"b\\\\c\\u000a\"");
  EXPECT_EQ(FormatSettingValue(std::vector<std::string>{"a", "b"}), "[\"a\", \"b\"]");
}

}  // namespace
}  // namespace deltaport
