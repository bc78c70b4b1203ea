#include "delta/table_properties.h"

#include <gtest/gtest.h>

namespace deltaport::delta {
namespace {

Result<TableProperties> Of(std::map<std::string, std::string> configuration) {
  Metadata metadata;
  metadata.configuration = std::move(configuration);
  return TableProperties::Of(metadata);
}

void ExpectInvalid(const Status& status, std::string_view text) {
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(CodeOf(status), ErrorCode::kInvalidArgument) << status;
  EXPECT_NE(status.message().find(text), std::string::npos) << status;
}

TEST(TableProperties, AbsentOnesHaveTheirDefaults) {
  const auto properties = Of({{"owner", "anyone"}});
  ASSERT_TRUE(properties.ok()) << properties.status();
  EXPECT_FALSE(properties->append_only);
  EXPECT_EQ(properties->isolation_level, IsolationLevel::kWriteSerializable);
  EXPECT_EQ(properties->checkpoint_interval, 10);
  EXPECT_EQ(properties->log_retention_ms, int64_t{30} * 86'400'000);
  EXPECT_EQ(properties->deleted_file_retention_ms, int64_t{7} * 86'400'000);
  EXPECT_EQ(properties->transaction_retention_ms, std::nullopt);
  EXPECT_EQ(properties->indexed_columns, 32);
}

TEST(TableProperties, ValuesAreRead) {
  const auto properties = Of({{"delta.appendOnly", "TRUE"},
                              {"delta.isolationLevel", "Serializable"},
                              {"delta.columnMapping.mode", "id"},
                              {"delta.checkpointPolicy", "v2"},
                              {"delta.logRetentionDuration", "interval 2 days 3 hours"},
                              {"delta.dataSkippingNumIndexedCols", "-1"},
                              {"delta.dataSkippingStatsColumns", "a, `b,c`.d"},
                              {"delta.parquet.compression.codec", "LZ4"},
                              {"delta.targetFileSize", "64mb"}});
  ASSERT_TRUE(properties.ok()) << properties.status();
  EXPECT_TRUE(properties->append_only);
  EXPECT_EQ(properties->isolation_level, IsolationLevel::kSerializable);
  EXPECT_EQ(properties->column_mapping_mode, ColumnMappingMode::kId);
  EXPECT_EQ(properties->checkpoint_policy, CheckpointPolicy::kV2);
  EXPECT_EQ(properties->log_retention_ms, 51 * 3'600'000);
  EXPECT_EQ(properties->indexed_columns, -1);
  EXPECT_EQ(properties->statistics_columns, (std::vector<std::string>{"a", "`b,c`.d"}));
  EXPECT_EQ(properties->compression, Compression::kLz4);
  EXPECT_EQ(properties->target_file_bytes, 64 << 20);
}

TEST(TableProperties, WrongValuesNameTheProperty) {
  ExpectInvalid(Of({{"delta.appendOnly", "yes"}}).status(), "delta.appendOnly is 'yes'");
  ExpectInvalid(Of({{"delta.checkpointInterval", "0"}}).status(), "delta.checkpointInterval");
  ExpectInvalid(Of({{"delta.logRetentionDuration", "interval 1 month"}}).status(),
                "delta.logRetentionDuration");
  ExpectInvalid(Of({{"delta.isolationLevel", "None"}}).status(), "WriteSerializable");
  ExpectInvalid(Of({{"delta.dataSkippingStatsColumns", "`a"}}).status(), "StatsColumns");
  ExpectInvalid(Of({{"delta.parquet.compression.codec", "lzo"}}).status(), "codec");
  ExpectInvalid(Of({{"delta.targetFileSize", "many"}}).status(), "delta.targetFileSize");
}

TEST(TableProperties, UsersSetOnlyKnownNamesInTheirSpelling) {
  EXPECT_TRUE(CheckProperties({{"owner", "x"}, {"delta.appendOnly", "true"}}).ok());
  EXPECT_TRUE(CheckProperties({{"delta.constraints.positive", "id > 0"}}).ok());
  ExpectInvalid(CheckProperties({{"delta.appendonly", "true"}}), "delta.appendOnly");
  ExpectInvalid(CheckProperties({{"delta.apendOnly", "true"}}), "unknown");
  ExpectInvalid(CheckProperties({{"delta.columnMapping.maxColumnId", "3"}}), "a writer keeps it");
}

TEST(TableProperties, IntervalsOfNoFixedOrTooGreatLengthAreRefused) {
  EXPECT_EQ(*ParseInterval("interval 1 week"), 604'800'000);
  EXPECT_EQ(*ParseInterval("90 seconds"), 90'000);
  for (const std::string_view text :
       {"", "interval", "interval 1 month", "7", "days 7", "-1 days", "99999999999999999 weeks"}) {
    ExpectInvalid(ParseInterval(text).status(), "interval");
  }
}

}  // namespace
}  // namespace deltaport::delta
