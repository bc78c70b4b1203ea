#include "delta/table_feature.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deltaport::delta {
namespace {

using testing::Contains;
using testing::Not;
using testing::UnorderedElementsAre;

const auto kSchema = arrow::schema({arrow::field("id", arrow::int64())});

Metadata With(std::map<std::string, std::string> configuration) {
  Metadata metadata;
  metadata.configuration = std::move(configuration);
  return metadata;
}

void ExpectVersions(const Protocol& protocol, int reader, int writer) {
  EXPECT_EQ(protocol.min_reader_version, reader);
  EXPECT_EQ(protocol.min_writer_version, writer);
  EXPECT_EQ(protocol.reader_features.has_value(), reader >= 3);
  EXPECT_EQ(protocol.writer_features.has_value(), writer >= 7);
}

TEST(TableFeature, NewTablesGetTheLowestVersionsThatHoldTheirFeatures) {
  ExpectVersions(*ProtocolFor(*kSchema, With({})), 1, 2);
  ExpectVersions(*ProtocolFor(*kSchema, With({{"delta.constraints.a", "id > 0"}})), 1, 3);
  ExpectVersions(*ProtocolFor(*kSchema, With({{"delta.enableChangeDataFeed", "true"}})), 1, 4);
  ExpectVersions(*ProtocolFor(*kSchema, With({{"delta.columnMapping.mode", "name"}})), 2, 5);
  ExpectVersions(*ProtocolFor(*kSchema, With({{"delta.columnMapping.mode", "none"}})), 1, 2);
  ExpectVersions(*ProtocolFor(*kSchema, With({{"delta.enableInCommitTimestamps", "true"}})), 1, 7);
  const auto metadata = arrow::key_value_metadata({{"delta.identity.start", "1"}});
  const auto identity = arrow::schema({arrow::field("id", arrow::int64(), true, metadata)});
  ExpectVersions(*ProtocolFor(*identity, With({})), 1, 6);
}

TEST(TableFeature, FeaturesWithoutALegacyVersionAreListedWithWhatTheVersionsImplied) {
  const auto vectors = *ProtocolFor(*kSchema, With({{"delta.enableDeletionVectors", "true"}}));
  ExpectVersions(vectors, 3, 7);
  EXPECT_THAT(*vectors.reader_features, UnorderedElementsAre("deletionVectors"));
  EXPECT_THAT(*vectors.writer_features,
              UnorderedElementsAre("appendOnly", "invariants", "deletionVectors"));
  const auto rows = *ProtocolFor(*kSchema, With({{"delta.enableRowTracking", "true"}}));
  ExpectVersions(rows, 1, 7);
  EXPECT_THAT(*rows.writer_features,
              UnorderedElementsAre("appendOnly", "invariants", "rowTracking", "domainMetadata"));
  const auto zoneless = arrow::schema({arrow::field(
      "s", arrow::struct_({arrow::field("t", arrow::timestamp(arrow::TimeUnit::MICRO))}))});
  EXPECT_THAT(*ProtocolFor(*zoneless, With({}))->reader_features, Contains("timestampNtz"));
}

TEST(TableFeature, ColumnMappingBesideAWriterFeatureKeepsReaderVersionTwo) {
  const auto protocol = *ProtocolFor(*kSchema, With({{"delta.columnMapping.mode", "name"},
                                                     {"delta.enableInCommitTimestamps", "true"}}));
  ExpectVersions(protocol, 2, 7);
  EXPECT_THAT(*protocol.writer_features, Contains("columnMapping"));
}

TEST(TableFeature, UpgradingKeepsWhatLegacyVersionsImply) {
  Protocol legacy;
  legacy.min_reader_version = 2;
  legacy.min_writer_version = 5;
  const auto upgraded =
      *UpgradedProtocol(legacy, *kSchema, With({{"delta.enableDeletionVectors", "true"}}), {});
  ExpectVersions(upgraded, 3, 7);
  EXPECT_THAT(*upgraded.reader_features, UnorderedElementsAre("columnMapping", "deletionVectors"));
  EXPECT_THAT(*upgraded.writer_features,
              UnorderedElementsAre("appendOnly", "invariants", "checkConstraints", "changeDataFeed",
                                   "generatedColumns", "columnMapping", "deletionVectors"));
  // Nothing new: nothing changes.
  EXPECT_TRUE(SameProtocol(
      *UpgradedProtocol(legacy, *kSchema, With({{"delta.columnMapping.mode", "name"}}), {}),
      legacy));
}

TEST(TableFeature, RequestedVersionsAndFeaturesAreKept) {
  ExpectVersions(*ProtocolFor(*kSchema, With({{"delta.minWriterVersion", "4"}})), 1, 4);
  ExpectVersions(*ProtocolFor(*kSchema, With({{"delta.minReaderVersion", "3"}})), 3, 7);
  const auto listed =
      *ProtocolFor(*kSchema, With({{"delta.feature.deletionVectors", "supported"}}));
  EXPECT_THAT(*listed.reader_features, UnorderedElementsAre("deletionVectors"));
  EXPECT_FALSE(ProtocolFor(*kSchema, With({{"delta.minWriterVersion", "8"}})).ok());
  const auto unknown = ProtocolFor(*kSchema, With({{"delta.feature.telepathy", "supported"}}));
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(CodeOf(unknown.status()), ErrorCode::kUnsupportedFeature);
  EXPECT_NE(unknown.status().message().find("telepathy"), std::string::npos);
}

TEST(TableFeature, IcebergCompatIsRefusedOnlyWhereItIsOn) {
  Protocol protocol;
  protocol.min_writer_version = 7;
  protocol.writer_features = {"icebergCompatV2"};
  EXPECT_TRUE(CheckWritable(protocol, With({})).ok());
  const Status refused = CheckWritable(protocol, With({{"delta.enableIcebergCompatV2", "true"}}));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.message().find("icebergCompatV2"), std::string::npos);
}

TEST(TableFeature, FeaturesThatWeLackAreRefusedByName) {
  for (const char* name :
       {"catalogManaged", "geospatial", "coordinatedCommits-preview", "telepathy"}) {
    SCOPED_TRACE(name);
    Protocol protocol;
    protocol.min_writer_version = 7;
    protocol.writer_features = {name};
    EXPECT_TRUE(CheckReadable(protocol).ok());
    EXPECT_NE(CheckWritable(protocol, {}).message().find(name), std::string::npos);
    protocol.min_reader_version = 3;
    protocol.reader_features = {name};
    const Status refused = CheckReadable(protocol);
    EXPECT_EQ(CodeOf(refused), ErrorCode::kUnsupportedFeature);
    EXPECT_NE(refused.message().find(name), std::string::npos);
  }
}

TEST(TableFeature, TablesWithVariantsAreReadAndNotWritten) {
  Protocol protocol;
  protocol.min_reader_version = 3;
  protocol.min_writer_version = 7;
  protocol.reader_features = protocol.writer_features = {"variantType", "variantShredding"};
  EXPECT_TRUE(CheckReadable(protocol).ok());
  EXPECT_TRUE(CheckWritable(protocol, {}).ok());
  Metadata used;
  used.schema_string = R"({"type":"struct","fields":[{"name":"v","type":"variant"}]})";
  const Status refused = CheckWritable(protocol, used);
  EXPECT_EQ(CodeOf(refused), ErrorCode::kUnsupportedFeature);
  EXPECT_NE(refused.message().find("variantType"), std::string::npos);
}

TEST(TableFeature, RulesOfRowsStopOnlyWhoDoesNotKeepThem) {
  Protocol protocol;
  protocol.min_writer_version = 3;
  const Metadata used = With({{"delta.constraints.a", "id > 0"}});
  EXPECT_TRUE(CheckWritable(protocol, used).ok());
  EXPECT_TRUE(CheckNoRowRules(protocol, With({})).ok());
  const Status refused = CheckNoRowRules(protocol, used);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(CodeOf(refused), ErrorCode::kUnsupportedFeature);
  EXPECT_NE(refused.message().find("checkConstraints"), std::string::npos);
}

}  // namespace
}  // namespace deltaport::delta
