#include "delta/table_feature.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <arrow/util/key_value_metadata.h>

namespace deltaport::delta {
namespace {

constexpr int kReaderVersionMax = 3;
constexpr int kWriterVersionMax = 7;

// Whether a writer must do something for the feature even if the metadata does not use it.
enum class Writing { kKept, kRowRule, kKeptUnlessUsed, kRefused };

struct FeatureSupport {
  std::string_view name;
  int legacy_reader_version;  // 0: never implied by a version.
  int legacy_writer_version;
  bool readable;
  Writing writing;
};

// Appending and overwriting need nothing for those that are kept. Column defaults are among them
// because our writers give every column.
constexpr std::array<FeatureSupport, 27> kFeatures = {{
    {"appendOnly", 0, 2, true, Writing::kKept},
    {"invariants", 0, 2, true, Writing::kRowRule},
    {"checkConstraints", 0, 3, true, Writing::kRowRule},
    {"changeDataFeed", 0, 4, true, Writing::kKept},
    {"generatedColumns", 0, 4, true, Writing::kRowRule},
    {"columnMapping", 2, 5, true, Writing::kKept},
    {"identityColumns", 0, 6, true, Writing::kRowRule},
    {"allowColumnDefaults", 0, 0, true, Writing::kKept},
    {"timestampNtz", 0, 0, true, Writing::kKept},
    {"vacuumProtocolCheck", 0, 0, true, Writing::kKept},
    {"v2Checkpoint", 0, 0, true, Writing::kKept},
    {"deletionVectors", 0, 0, true, Writing::kKept},
    {"domainMetadata", 0, 0, true, Writing::kKept},
    {"inCommitTimestamp", 0, 0, true, Writing::kKept},
    {"typeWidening", 0, 0, true, Writing::kKept},
    {"typeWidening-preview", 0, 0, true, Writing::kKept},
    {"variantType", 0, 0, true, Writing::kKeptUnlessUsed},
    {"variantType-preview", 0, 0, true, Writing::kKeptUnlessUsed},
    {"variantShredding", 0, 0, true, Writing::kKeptUnlessUsed},
    {"variantShredding-preview", 0, 0, true, Writing::kKeptUnlessUsed},
    {"rowTracking", 0, 0, true, Writing::kKept},
    {"clustering", 0, 0, true, Writing::kKept},
    {"icebergCompatV1", 0, 0, true, Writing::kKeptUnlessUsed},
    {"icebergCompatV2", 0, 0, true, Writing::kKeptUnlessUsed},
    {"icebergCompatV3", 0, 0, true, Writing::kKeptUnlessUsed},
    {"materializePartitionColumns", 0, 0, true, Writing::kRefused},
    {"checkpointProtection", 0, 0, true, Writing::kRefused},
}};

// Features that readers must know too; all others bind writers only.
constexpr std::array kReaderFeatures = {
    std::string_view("columnMapping"),       std::string_view("deletionVectors"),
    std::string_view("timestampNtz"),        std::string_view("v2Checkpoint"),
    std::string_view("vacuumProtocolCheck"), std::string_view("typeWidening"),
    std::string_view("variantType"),         std::string_view("variantShredding"),
};

// Features that need another one.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kNeededFeatures = {{
    {"rowTracking", "domainMetadata"},
    {"clustering", "domainMetadata"},
}};

bool BindsReaders(std::string_view feature) {
  return std::find(kReaderFeatures.begin(), kReaderFeatures.end(), feature) !=
         kReaderFeatures.end();
}

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
  if (feature.starts_with("variant")) return schema_has("\"variant\"");
  if (feature == "identityColumns") return schema_has("\"delta.identity.");
  if (feature.starts_with("icebergCompat")) {
    const std::string version(feature.substr(std::string_view("icebergCompat").size()));
    const auto on = metadata.configuration.find("delta.enableIcebergCompat" + version);
    return on != metadata.configuration.end() && on->second == "true";
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

// Whether a field, at any depth, has metadata under a key that starts with `prefix`.
bool HasFieldMetadata(const arrow::Field& field, std::string_view prefix) {
  if (const auto& metadata = field.metadata()) {
    const auto& keys = metadata->keys();
    const auto starts = [&](const std::string& key) { return key.starts_with(prefix); };
    if (std::any_of(keys.begin(), keys.end(), starts)) return true;
  }
  const auto& children = field.type()->fields();
  return std::any_of(children.begin(), children.end(),
                     [&](const auto& child) { return HasFieldMetadata(*child, prefix); });
}

struct PropertyFeature {
  std::string_view property;
  std::string_view value;  // That turns the feature on; empty: any but "none".
  std::string_view feature;
};

constexpr std::array<PropertyFeature, 12> kPropertyFeatures = {{
    {"delta.enableChangeDataFeed", "true", "changeDataFeed"},
    {"delta.enableDeletionVectors", "true", "deletionVectors"},
    {"delta.enableInCommitTimestamps", "true", "inCommitTimestamp"},
    {"delta.columnMapping.mode", "", "columnMapping"},
    {"delta.enableRowTracking", "true", "rowTracking"},
    {"delta.enableTypeWidening", "true", "typeWidening"},
    {"delta.enableIcebergCompatV1", "true", "icebergCompatV1"},
    {"delta.enableIcebergCompatV2", "true", "icebergCompatV2"},
    {"delta.enableIcebergCompatV3", "true", "icebergCompatV3"},
    {"delta.enableVariantShredding", "true", "variantShredding"},
    {"delta.checkpointPolicy", "v2", "v2Checkpoint"},
    {"delta.appendOnly", "true", "appendOnly"},
}};

struct FieldFeature {
  std::string_view key;  // Start of a key of field metadata.
  std::string_view feature;
};

constexpr std::array<FieldFeature, 4> kFieldFeatures = {{
    {"delta.invariants", "invariants"},
    {"delta.generationExpression", "generatedColumns"},
    {"delta.identity.", "identityColumns"},
    {"CURRENT_DEFAULT", "allowColumnDefaults"},
}};

using Features = std::vector<std::string>;

bool Holds(const Features& features, std::string_view name) {
  return std::find(features.begin(), features.end(), name) != features.end();
}

void AddFeature(std::string_view name, Features& features) {
  if (!Holds(features, name)) features.emplace_back(name);
}

// What the schema, the properties and `more` use.
Result<Features> FeaturesUsed(const arrow::Schema& schema, const Metadata& metadata,
                              const Features& more) {
  Features used;
  for (const auto& known : kPropertyFeatures) {
    const auto found = metadata.configuration.find(std::string(known.property));
    if (found == metadata.configuration.end()) continue;
    const bool on = known.value.empty() ? found->second != "none" : found->second == known.value;
    if (on) AddFeature(known.feature, used);
  }
  constexpr std::string_view kListed = "delta.feature.";
  for (const auto& [property, value] : metadata.configuration) {
    if (!property.starts_with(kListed)) continue;
    if (value != "supported" && value != "enabled") {
      return Error(ErrorCode::kInvalidArgument,
                   "the table property {} is '{}'; it must be 'supported'", property, value);
    }
    AddFeature(std::string_view(property).substr(kListed.size()), used);
  }
  if (HasSetting(metadata, "delta.constraints.")) AddFeature("checkConstraints", used);
  const auto row = arrow::field("", arrow::struct_(schema.fields()));
  if (HasZonelessTimestamp(*row->type())) AddFeature("timestampNtz", used);
  for (const auto& known : kFieldFeatures) {
    if (HasFieldMetadata(*row, known.key)) AddFeature(known.feature, used);
  }
  for (const auto& name : more) AddFeature(name, used);
  for (const auto& [feature, needed] : kNeededFeatures) {
    if (Holds(used, feature)) AddFeature(needed, used);
  }
  return used;
}

bool IsLegacy(std::string_view feature) {
  const FeatureSupport* known = Find(feature);
  return known != nullptr && known->legacy_writer_version > 0;
}

// Lists the features instead of implying them by versions.
void ListWriterFeatures(Protocol& protocol) {
  if (protocol.min_writer_version >= 7) return;
  protocol.writer_features = WriterFeatures(protocol);
  protocol.min_writer_version = 7;
}

void ListReaderFeatures(Protocol& protocol) {
  if (protocol.min_reader_version >= 3) return;
  ListWriterFeatures(protocol);
  Features features;
  for (const auto& name : *protocol.writer_features) {
    if (BindsReaders(name)) features.push_back(name);
  }
  protocol.reader_features = std::move(features);
  protocol.min_reader_version = 3;
}

// Raises the versions so that they imply the features, all of which are legacy ones.
void ImplyFeatures(const Features& features, Protocol& protocol) {
  for (const auto& name : features) {
    const FeatureSupport& feature = *Find(name);
    protocol.min_writer_version =
        std::max(protocol.min_writer_version, feature.legacy_writer_version);
    protocol.min_reader_version =
        std::max(protocol.min_reader_version, feature.legacy_reader_version);
  }
}

Protocol Raised(Protocol protocol, const Features& features) {
  const Features kept = WriterFeatures(protocol);
  Features missing;
  for (const auto& name : features) {
    if (!Holds(kept, name)) missing.push_back(name);
  }
  if (missing.empty()) return protocol;
  if (protocol.min_writer_version < 7 &&
      std::all_of(
          missing.begin(), missing.end(), [](const auto& name) { return IsLegacy(name); })) {
    ImplyFeatures(missing, protocol);
    return protocol;
  }
  ListWriterFeatures(protocol);
  for (const auto& name : missing) {
    const FeatureSupport* feature = Find(name);
    if (BindsReaders(name) && feature->legacy_reader_version > 0 &&
        protocol.min_reader_version < 3) {
      protocol.min_reader_version =
          std::max(protocol.min_reader_version, feature->legacy_reader_version);
    } else if (BindsReaders(name)) {
      ListReaderFeatures(protocol);
      AddFeature(name, *protocol.reader_features);
    }
    AddFeature(name, *protocol.writer_features);
  }
  return protocol;
}

// The version that a property asks for, or 0.
Result<int> RequestedVersion(const Metadata& metadata, const std::string& property, int highest) {
  const auto found = metadata.configuration.find(property);
  if (found == metadata.configuration.end()) return 0;
  int version = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size() || version < 1 ||
      version > highest) {
    return Error(ErrorCode::kInvalidArgument,
                 "the table property {} is '{}'; it must be a version from 1 to {}", property, text,
                 highest);
  }
  return version;
}

Result<Protocol> Requested(Protocol protocol, const Metadata& metadata) {
  ARROW_ASSIGN_OR_RAISE(const int reader,
                        RequestedVersion(metadata, "delta.minReaderVersion", kReaderVersionMax));
  ARROW_ASSIGN_OR_RAISE(const int writer,
                        RequestedVersion(metadata, "delta.minWriterVersion", kWriterVersionMax));
  if (protocol.min_writer_version < 7 && writer < 7) {
    protocol.min_writer_version = std::max(protocol.min_writer_version, writer);
  }
  if (writer == 7) ListWriterFeatures(protocol);
  if (reader == 3) ListReaderFeatures(protocol);
  if (protocol.min_reader_version < reader) protocol.min_reader_version = reader;
  return protocol;
}

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

Result<Protocol> ProtocolFor(const arrow::Schema& schema, const Metadata& metadata,
                             const std::vector<std::string>& more) {
  ARROW_ASSIGN_OR_RAISE(Protocol requested, Requested(Protocol(), metadata));
  return UpgradedProtocol(requested, schema, metadata, more);
}

Result<Protocol> UpgradedProtocol(const Protocol& current, const arrow::Schema& schema,
                                  const Metadata& metadata, const std::vector<std::string>& more) {
  ARROW_ASSIGN_OR_RAISE(const Features used, FeaturesUsed(schema, metadata, more));
  Features unknown;
  for (const auto& name : used) {
    if (Find(name) == nullptr) unknown.push_back(name);
  }
  if (!unknown.empty()) return Refused("writing", unknown);
  return Raised(current, used);
}

Result<Protocol> RequestedProtocol(const Protocol& current, const arrow::Schema& schema,
                                   const Metadata& metadata) {
  ARROW_ASSIGN_OR_RAISE(const Protocol requested, Requested(current, metadata));
  return UpgradedProtocol(requested, schema, metadata, {});
}

void RemoveProtocolProperties(std::map<std::string, std::string>& configuration) {
  std::erase_if(configuration, [](const auto& property) {
    return property.first == "delta.minReaderVersion" ||
           property.first == "delta.minWriterVersion" ||
           property.first.starts_with("delta.feature.");
  });
}

bool SameProtocol(const Protocol& left, const Protocol& right) {
  return left.min_reader_version == right.min_reader_version &&
         left.min_writer_version == right.min_writer_version &&
         left.reader_features == right.reader_features &&
         left.writer_features == right.writer_features;
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
                      (feature->writing != Writing::kKeptUnlessUsed || !IsUsed(name, metadata));
    if (!kept) refused.push_back(name);
  }
  return refused.empty() ? Status::OK() : Refused("writing", refused);
}

Status CheckNoRowRules(const Protocol& protocol, const Metadata& metadata) {
  std::vector<std::string> used;
  for (const auto& name : WriterFeatures(protocol)) {
    const FeatureSupport* feature = Find(name);
    if (feature != nullptr && feature->writing == Writing::kRowRule && IsUsed(name, metadata)) {
      used.push_back(name);
    }
  }
  return used.empty() ? Status::OK() : Refused("writing these rows", used);
}

}  // namespace deltaport::delta
