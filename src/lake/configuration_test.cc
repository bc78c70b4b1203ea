#include "lake/configuration.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deltaport::lake {
namespace {

using testing::HasSubstr;

class ConfigurationTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "configuration-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    sources_.search_for_file = false;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<Configuration> LoadText(std::string_view text) {
    const std::string path = (folder_ / "a.toml").string();
    std::ofstream(path) << text;
    sources_.file = path;
    return Configuration::Load(sources_);
  }

  std::filesystem::path folder_;
  ConfigurationSources sources_;
};

constexpr std::string_view kDataPressFile = R"(
[server]
backend = "duckdb"
listen = "127.0.0.1"
port = 8000
workers = 4
prefix = "/data"
compress = true
max_body_bytes = 1048576
max_page_size = 100000
force_lazy_above_mb = 0
request_timeout_ms = 30000
shutdown_timeout_secs = 30
environment = "test"
environment_color = "red"
[server.startup]
max_concurrent = 2
readiness = "any"
[server.refresh]
max_concurrent = 1
[server.storage]
cache_dir = "/tmp/x"
[server.pgwire]
enabled = false
[swagger]
enabled = true
[sql]
enabled = false
[auth]
enabled = false
algorithms = ["RS256"]
[[dataset]]
name = "taxi"
lazy = true
columns = ["a", "b"]
dict_encode = true
[dataset.source]
kind = "parquet"
location = "taxi/*.parquet"
[dataset.index]
mode = "list"
columns = ["a"]
[[dataset]]
name = "top"
[dataset.source]
kind = "query"
sql = "select 1"
[[dataset]]
name = "t2"
[dataset.source]
kind = "delta"
location = "t2"
[dataset.predicate_filter]
exclude = ["secret"]
)";

TEST_F(ConfigurationTest, DataPressFileIsTakenAsItIs) {
  const auto configuration = LoadText(kDataPressFile);
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  EXPECT_EQ(configuration->Integer("server.port"), 8000);
  EXPECT_EQ(configuration->Text("server.prefix"), "/data");
  EXPECT_EQ(configuration->Integer("server.startup.max_concurrent"), 2);
  ASSERT_EQ(configuration->datasets().size(), 2u);
  EXPECT_EQ(configuration->datasets()[0].name, "taxi");
  EXPECT_EQ(configuration->datasets()[0].columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(configuration->datasets()[0].lazy);
  EXPECT_EQ(configuration->datasets()[1].kind, DatasetKind::kDelta);
  EXPECT_EQ(configuration->datasets()[1].predicate_exclude, std::vector<std::string>{"secret"});
}

TEST_F(ConfigurationTest, UnsupportedRequestsBecomeWarningsWithTheirLine) {
  const auto configuration = LoadText(kDataPressFile);
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  EXPECT_THAT(configuration->warnings(),
              testing::UnorderedElementsAre(
                  HasSubstr("a.toml:18: server.startup.readiness is not supported yet, ignored"),
                  HasSubstr("a.toml:21: server.storage is not supported yet, ignored"),
                  HasSubstr("swagger.enabled is not supported yet, ignored"),
                  HasSubstr("dataset 'top': source.kind \"query\" is not supported yet")));
}

TEST_F(ConfigurationTest, FlagWinsOverEnvironmentOverFileOverDefault) {
  const auto from_file = LoadText("server.port = 1\nlog.level = \"error\"");
  ASSERT_TRUE(from_file.ok());
  EXPECT_EQ(from_file->Integer("server.port"), 1);
  EXPECT_EQ(from_file->Integer("server.max_page_size"), 100'000);
  sources_.environment["DELTAPORT_SERVER_PORT"] = "2";
  EXPECT_EQ(Configuration::Load(sources_)->Integer("server.port"), 2);
  sources_.flags["server.port"] = "3";
  const auto with_flag = Configuration::Load(sources_);
  EXPECT_EQ(with_flag->Integer("server.port"), 3);
  EXPECT_EQ(with_flag->Text("log.level"), "error");
  for (const EffectiveSetting& effective : with_flag->settings()) {
    if (effective.setting->key == "server.port") {
      EXPECT_EQ(effective.origin, "flag --port");
    } else if (effective.setting->key == "log.level") {
      EXPECT_THAT(effective.origin, HasSubstr("a.toml:2"));
    } else {
      EXPECT_TRUE(effective.is_default()) << effective.setting->key;
    }
  }
}

TEST_F(ConfigurationTest, WrongEnvironmentNamesTheVariable) {
  sources_.environment["DELTAPORT_SERVER_PORT"] = "many";
  const auto configuration = Configuration::Load(sources_);
  ASSERT_FALSE(configuration.ok());
  EXPECT_EQ(
      configuration.status().message(),
      "environment DELTAPORT_SERVER_PORT: server.port is 'many', allowed is an integer from 0 "
      "to 65535");
}

TEST_F(ConfigurationTest, AdminTokenIsReadFromItsUsualVariable) {
  sources_.environment["ADMIN_TOKEN"] = "abc";
  EXPECT_EQ(Configuration::Load(sources_)->Text("auth.admin_token"), "abc");
}

TEST_F(ConfigurationTest, EveryMistakeOfAFileIsReported) {
  const auto configuration = LoadText(
      "[server]\nprot = 1\n[[dataset]]\nname = \"a b\"\n[[dataset]]\nname = \"x\"\n"
      "[[dataset]]\nname = \"y\"\nsource.location = \"y\"\n[[dataset]]\nname = \"y\"\n");
  ASSERT_FALSE(configuration.ok());
  const std::string message = configuration.status().message();
  EXPECT_THAT(message, HasSubstr("a.toml:2: unknown key 'server.prot'; did you mean "));
  EXPECT_THAT(message, HasSubstr("a.toml:4: dataset name 'a b' must be alphanumeric"));
  EXPECT_THAT(message, HasSubstr("a.toml:5: dataset 'x': source.location is missing"));
  EXPECT_THAT(message, HasSubstr("a.toml:11: dataset 'y' is already defined in line 7"));
}

TEST_F(ConfigurationTest, ListeningForStrangersIsRefusedUnlessAllowed) {
  const auto open = LoadText("server.listen = \"0.0.0.0\"");
  ASSERT_TRUE(open.ok());
  EXPECT_THAT(open->CheckServing().message(), HasSubstr("--allow-insecure-listen"));
  sources_.flags["server.allow_insecure_listen"] = "true";
  EXPECT_TRUE(Configuration::Load(sources_)->CheckServing().ok());
  sources_.flags.clear();
  EXPECT_TRUE(LoadText("server.listen = \"127.0.0.5\"")->CheckServing().ok());
  EXPECT_TRUE(LoadText("server.listen = \"::1\"")->CheckServing().ok());
}

TEST_F(ConfigurationTest, AuthenticationThatIsMissingIsRefusedNotIgnored) {
  const auto configuration = LoadText("[auth]\nenabled = true");
  ASSERT_TRUE(configuration.ok());
  EXPECT_THAT(configuration->CheckServing().message(), HasSubstr("a.toml:2: auth.enabled"));
}

TEST_F(ConfigurationTest, ProjectionFilterNarrowsTheColumns) {
  const auto configuration = LoadText(
      "[[dataset]]\nname = \"x\"\nsource.location = \"y\"\ncolumns = [\"a\", \"b\"]\n"
      "projection_filter.include = [\"b\", \"c\"]");
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  EXPECT_EQ(configuration->datasets()[0].columns, std::vector<std::string>{"b"});
}

TEST_F(ConfigurationTest, FiltersThatShareNoColumnHideEverything) {
  const auto configuration = LoadText(
      "[[dataset]]\nname = \"x\"\nsource.location = \"y\"\ncolumns = [\"a\"]\n"
      "projection_filter.include = [\"b\"]");
  ASSERT_FALSE(configuration.ok());
  EXPECT_THAT(configuration.status().message(), HasSubstr("leaves no column"));
}

TEST_F(ConfigurationTest, ExampleIsAValidFileOfDefaults) {
  const auto configuration = LoadText(ExampleConfiguration());
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  EXPECT_TRUE(configuration->warnings().empty());
  for (const EffectiveSetting& effective : configuration->settings()) {
    EXPECT_EQ(effective.value, effective.setting->default_value) << effective.setting->key;
  }
}

}  // namespace
}  // namespace deltaport::lake
