#include "delta/table_feature.h"

#include <algorithm>
#include <array>

namespace deltaport::delta {
namespace {

constexpr int kReaderVersionMax = 3;
constexpr int kWriterVersionMax = 7;

// Whether a writer must do something for the feature even if the metadata does not use it.
enum class Writing { kKept, kKeptUnlessUsed, kRefused };

struct FeatureSupport {
  std::string_view name;
  int legacy_reader_version;  // 0: never implied by a version.
  int legacy_writer_version;
  bool readable;
  Writing writing;
};

// Appending and overwriting need nothing for those that are kept. Column defaults are among them
// because our writers give every column.
constexpr std::array<FeatureSupport, 20> kFeatures = {{
    {"appendOnly", 0, 2, true, Writing::kKept},
    {"invariants", 0, 2, true, Writing::kKeptUnlessUsed},
    {"checkConstraints", 0, 3, true, Writing::kKeptUnlessUsed},
    {"changeDataFeed", 0, 4, true, Writing::kKept},
    {"generatedColumns", 0, 4, true, Writing::kKeptUnlessUsed},
    {"columnMapping", 2, 5, true, Writing::kKeptUnlessUsed},
    {"identityColumns", 0, 6, true, Writing::kKeptUnlessUsed},
    {"allowColumnDefaults", 0, 0, true, Writing::kKept},
    {"timestampNtz", 0, 0, true, Writing::kKept},
    {"vacuumProtocolCheck", 0, 0, true, Writing::kKept},
    {"deletionVectors", 0, 0, true, Writing::kKept},
    {"domainMetadata", 0, 0, true, Writing::kKept},
    {"inCommitTimestamp", 0, 0, true, Writing::kKept},
    {"rowTracking", 0, 0, true, Writing::kRefused},
    {"clustering", 0, 0, true, Writing::kRefused},
    {"icebergCompatV1", 0, 0, true, Writing::kRefused},
    {"icebergCompatV2", 0, 0, true, Writing::kRefused},
    {"icebergCompatV3", 0, 0, true, Writing::kRefused},
    {"materializePartitionColumns", 0, 0, true, Writing::kRefused},
    {"checkpointProtection", 0, 0, true, Writing::kRefused},
}};

const FeatureSupport* Find(std::string_view name) {
  const auto found = std::find_if(kFeatures.begin(), kFeatures.end(),
                                  [&](const FeatureSupport& known) { return known.name == name; });
  return found == kFeatures.end() ? nullptr : found;
}

bool HasSetting(const Metadata& metadata, std::string_view prefix) {
  const auto found = metadata.configuration.lower_bound(std::string(prefix));
  return found != metadata.configuration.end() && found->first.starts_with(prefix);
}

// Whether the metadata uses the feature. Field metadata is found by its key in the schema's text:
// a column whose name holds such a key errs on the side of refusing.
bool IsUsed(std::string_view feature, const Metadata& metadata) {
  const auto schema_has = [&](std::string_view key) {
    return metadata.schema_string.find(key) != std::string::npos;
  };
  if (feature == "invariants") return schema_has("\"delta.invariants\"");
  if (feature == "checkConstraints") return HasSetting(metadata, "delta.constraints.");
  if (feature == "generatedColumns") return schema_has("\"delta.generationExpression\"");
  if (feature == "identityColumns") return schema_has("\"delta.identity.");
  if (feature == "columnMapping") {
    const auto mode = metadata.configuration.find("delta.columnMapping.mode");
    return mode != metadata.configuration.end() && mode->second != "none";
  }
  return true;
}

bool HasZonelessTimestamp(const arrow::DataType& type) {
  if (type.id() == arrow::Type::TIMESTAMP) {
    return static_cast<const arrow::TimestampType&>(type).timezone().empty();
  }
  return std::any_of(type.fields().begin(), type.fields().end(),
                     [](const auto& field) { return HasZonelessTimestamp(*field->type()); });
}

struct PropertyFeature {
  std::string_view property;
  std::string_view value;  // That turns the feature on; empty: any but "none".
  std::string_view feature;
  bool reader;
};

constexpr std::array<PropertyFeature, 11> kPropertyFeatures = {{
    {"delta.enableChangeDataFeed", "true", "changeDataFeed", false},
    {"delta.enableDeletionVectors", "true", "deletionVectors", true},
    {"delta.enableInCommitTimestamps", "true", "inCommitTimestamp", false},
    {"delta.columnMapping.mode", "", "columnMapping", true},
    {"delta.enableRowTracking", "true", "rowTracking", false},
    {"delta.enableTypeWidening", "true", "typeWidening", true},
    {"delta.enableIcebergCompatV1", "true", "icebergCompatV1", false},
    {"delta.enableIcebergCompatV2", "true", "icebergCompatV2", false},
    {"delta.enableIcebergCompatV3", "true", "icebergCompatV3", false},
    {"delta.enableVariantShredding", "true", "variantShredding", true},
    {"delta.checkpointPolicy", "v2", "v2Checkpoint", true},
}};

Status Refused(std::string_view what, const std::vector<std::string>& features) {
  return Error(ErrorCode::kUnsupportedFeature,
               "{} needs the table feature{} {}, which {} not supported", what,
               features.size() == 1 ? "" : "s", fmt::join(features, ", "),
               features.size() == 1 ? "is" : "are");
}

}  // namespace

std::vector<std::string> ReaderFeatures(const Protocol& protocol) {
  if (protocol.min_reader_version >= 3)
    return protocol.reader_features.value_or(std::vector<std::string>());
  std::vector<std::string> features;
  for (const auto& feature : kFeatures) {
    if (feature.legacy_reader_version > 0 &&
        feature.legacy_reader_version <= protocol.min_reader_version) {
      features.emplace_back(feature.name);
    }
  }
  return features;
}

std::vector<std::string> WriterFeatures(const Protocol& protocol) {
  if (protocol.min_writer_version >= 7)
    return protocol.writer_features.value_or(std::vector<std::string>());
  std::vector<std::string> features;
  for (const auto& feature : kFeatures) {
    if (feature.legacy_writer_version > 0 &&
        feature.legacy_writer_version <= protocol.min_writer_version) {
      features.emplace_back(feature.name);
    }
  }
  return features;
}

Result<Protocol> ProtocolFor(const arrow::Schema& schema, const Metadata& metadata) {
  std::vector<std::string> reader;
  std::vector<std::string> writer;
  const auto add = [&](std::string_view feature, bool for_readers) {
    if (for_readers) reader.emplace_back(feature);
    writer.emplace_back(feature);
  };
  for (const auto& known : kPropertyFeatures) {
    const auto found = metadata.configuration.find(std::string(known.property));
    if (found == metadata.configuration.end()) continue;
    const bool on = known.value.empty() ? found->second != "none" : found->second == known.value;
    if (on) add(known.feature, known.reader);
  }
  for (const auto& [property, value] : metadata.configuration) {
    if (property.starts_with("delta.feature.")) {
      return Error(ErrorCode::kUnsupportedFeature,
                   "the property {} is not supported; features follow from the other properties",
                   property);
    }
  }
  if (HasSetting(metadata, "delta.constraints.")) add("checkConstraints", false);
  if (HasZonelessTimestamp(*arrow::struct_(schema.fields()))) add("timestampNtz", true);
  Protocol protocol;
  if (writer.empty()) return protocol;
  // What writer version 2 implies must stay when features are listed.
  writer.insert(writer.end(), {"appendOnly", "invariants"});
  protocol.min_reader_version = reader.empty() ? 1 : 3;
  protocol.min_writer_version = 7;
  if (!reader.empty()) protocol.reader_features = std::move(reader);
  protocol.writer_features = std::move(writer);
  return protocol;
}

Status CheckReadable(const Protocol& protocol) {
  if (protocol.min_reader_version < 1 || protocol.min_writer_version < 1) {
    return Error(ErrorCode::kCorruptTable, "protocol: versions {} and {} must be at least 1",
                 protocol.min_reader_version, protocol.min_writer_version);
  }
  if (protocol.min_reader_version > kReaderVersionMax) {
    return Error(ErrorCode::kUnsupportedFeature,
                 "reading needs reader version {}; versions up to {} are supported",
                 protocol.min_reader_version, kReaderVersionMax);
  }
  if (protocol.min_reader_version == 3 && !protocol.reader_features) {
    return Error(ErrorCode::kCorruptTable, "protocol: reader version 3 needs readerFeatures");
  }
  std::vector<std::string> refused;
  for (const auto& name : ReaderFeatures(protocol)) {
    const FeatureSupport* feature = Find(name);
    if (feature == nullptr || !feature->readable) refused.push_back(name);
  }
  return refused.empty() ? Status::OK() : Refused("reading", refused);
}

Status CheckWritable(const Protocol& protocol, const Metadata& metadata) {
  ARROW_RETURN_NOT_OK(CheckReadable(protocol));
  if (protocol.min_writer_version > kWriterVersionMax) {
    return Error(ErrorCode::kUnsupportedFeature,
                 "writing needs writer version {}; versions up to {} are supported",
                 protocol.min_writer_version, kWriterVersionMax);
  }
  std::vector<std::string> refused;
  for (const auto& name : WriterFeatures(protocol)) {
    const FeatureSupport* feature = Find(name);
    const bool kept = feature != nullptr && feature->writing != Writing::kRefused &&
                      (feature->writing == Writing::kKept || !IsUsed(name, metadata));
    if (!kept) refused.push_back(name);
  }
  return refused.empty() ? Status::OK() : Refused("writing", refused);
}

}  // namespace deltaport::delta
