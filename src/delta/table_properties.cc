#include "delta/table_properties.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/letter_case.h"

namespace deltaport::delta {
namespace {

using Configuration = std::map<std::string, std::string>;

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<int64_t> WholeNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Status Wrong(std::string_view name, std::string_view value, std::string_view expected) {
  return Error(ErrorCode::kInvalidArgument, "the table property {} is '{}'; it must be {}", name,
               value, expected);
}

// Reads values out of a configuration and remembers the first that is wrong.
class PropertyReader {
 public:
  explicit PropertyReader(const Configuration& configuration) : configuration_(configuration) {}

  const Status& status() const { return status_; }

  const std::string* Find(std::string_view name) const {
    const auto found = configuration_.find(std::string(name));
    return found == configuration_.end() ? nullptr : &found->second;
  }

  void Boolean(std::string_view name, bool& out) {
    const std::string* text = Find(name);
    if (text == nullptr) return;
    const std::string lower = LowerCase(*text);
    if (lower != "true" && lower != "false") return Fail(name, "true or false");
    out = lower == "true";
  }

  template <typename Number>
  void Integer(std::string_view name, int64_t least, Number& out) {
    const std::string* text = Find(name);
    if (text == nullptr) return;
    const auto value = WholeNumber(*text);
    if (!value || *value < least || *value > std::numeric_limits<Number>::max()) {
      return Fail(name, fmt::format("a whole number from {}", least));
    }
    out = static_cast<Number>(*value);
  }

  template <typename Number>
  void Interval(std::string_view name, Number& out) {
    const std::string* text = Find(name);
    if (text == nullptr) return;
    const auto value = ParseInterval(*text);
    if (!value.ok()) return Fail(name, "an interval such as 'interval 7 days'");
    out = *value;
  }

  template <typename Value, size_t N>
  void Choice(std::string_view name, const std::array<std::pair<std::string_view, Value>, N>& known,
              Value& out) {
    const std::string* text = Find(name);
    if (text == nullptr) return;
    std::vector<std::string_view> names;
    for (const auto& [choice, value] : known) {
      if (LowerCase(choice) == LowerCase(*text)) {
        out = value;
        return;
      }
      names.push_back(choice);
    }
    Fail(name, fmt::format("one of {}", fmt::join(names, ", ")));
  }

  void Fail(std::string_view name, std::string_view expected) {
    if (status_.ok()) status_ = Wrong(name, *Find(name), expected);
  }

 private:
  const Configuration& configuration_;
  Status status_;
};

constexpr std::array<std::pair<std::string_view, Compression>, 6> kCompressions = {{
    {"zstd", Compression::kZstd},
    {"snappy", Compression::kSnappy},
    {"gzip", Compression::kGzip},
    {"lz4", Compression::kLz4},
    {"uncompressed", Compression::kUncompressed},
    {"none", Compression::kUncompressed},
}};

constexpr std::array<std::pair<std::string_view, IsolationLevel>, 2> kIsolationLevels = {{
    {"Serializable", IsolationLevel::kSerializable},
    {"WriteSerializable", IsolationLevel::kWriteSerializable},
}};

constexpr std::array<std::pair<std::string_view, ColumnMappingMode>, 3> kColumnMappingModes = {{
    {"none", ColumnMappingMode::kNone},
    {"name", ColumnMappingMode::kName},
    {"id", ColumnMappingMode::kId},
}};

constexpr std::array<std::pair<std::string_view, CheckpointPolicy>, 2> kCheckpointPolicies = {{
    {"classic", CheckpointPolicy::kClassic},
    {"v2", CheckpointPolicy::kV2},
}};

// Dotted paths, separated by commas; a name with such characters stands in back-quotes.
Result<std::vector<std::string>> ParseColumnList(std::string_view text) {
  std::vector<std::string> columns;
  std::string column;
  bool quoted = false;
  const auto finish = [&] {
    const std::string_view name = Trimmed(column);
    if (!name.empty()) columns.emplace_back(name);
    column.clear();
  };
  for (const char c : text) {
    if (c == '`') quoted = !quoted;
    if (c == ',' && !quoted) {
      finish();
    } else {
      column += c;
    }
  }
  finish();
  if (quoted) return Error(ErrorCode::kInvalidArgument, "a back-quote is not closed");
  return columns;
}

// Bytes: "104857600", "100mb", "1 GB".
std::optional<int64_t> ParseBytes(std::string_view text) {
  const std::string lower = LowerCase(Trimmed(text));
  const size_t digits = std::min(lower.find_first_not_of("0123456789"), lower.size());
  const auto number = WholeNumber(std::string_view(lower).substr(0, digits));
  const std::string_view unit = Trimmed(std::string_view(lower).substr(digits));
  if (!number || *number < 1) return std::nullopt;
  int shift = 0;
  if (unit == "k" || unit == "kb") shift = 10;
  if (unit == "m" || unit == "mb") shift = 20;
  if (unit == "g" || unit == "gb") shift = 30;
  if (shift == 0 && !unit.empty() && unit != "b") return std::nullopt;
  if (*number > (std::numeric_limits<int64_t>::max() >> shift)) return std::nullopt;
  return *number << shift;
}

void ReadNames(PropertyReader& reader, TableProperties& properties) {
  if (const std::string* name = reader.Find("delta.rowTracking.materializedRowIdColumnName")) {
    properties.row_id_column = *name;
  }
  constexpr char kVersionColumn[] = "delta.rowTracking.materializedRowCommitVersionColumnName";
  if (const std::string* name = reader.Find(kVersionColumn)) {
    properties.row_commit_version_column = *name;
  }
}

void ReadFileProperties(PropertyReader& reader, TableProperties& properties) {
  reader.Integer("delta.dataSkippingNumIndexedCols", -1, properties.indexed_columns);
  constexpr char kColumns[] = "delta.dataSkippingStatsColumns";
  if (const std::string* text = reader.Find(kColumns)) {
    auto columns = ParseColumnList(*text);
    if (columns.ok()) {
      properties.statistics_columns = columns.MoveValueUnsafe();
    } else {
      reader.Fail(kColumns, "names of columns, separated by commas");
    }
  }
  constexpr char kCodec[] = "delta.parquet.compression.codec";
  if (const std::string* text = reader.Find(kCodec)) {
    properties.compression = ParseCompression(*text);
    if (!properties.compression) {
      reader.Fail(kCodec, "one of zstd, snappy, gzip, lz4, uncompressed");
    }
  }
  constexpr char kTarget[] = "delta.targetFileSize";
  if (const std::string* text = reader.Find(kTarget)) {
    properties.target_file_bytes = ParseBytes(*text);
    if (!properties.target_file_bytes) reader.Fail(kTarget, "a size such as 128mb");
  }
}

// Names that engines know beside those that TableProperties holds.
constexpr std::array kOtherNames = {
    std::string_view("delta.autoOptimize"),
    std::string_view("delta.autoOptimize.autoCompact"),
    std::string_view("delta.autoOptimize.optimizeWrite"),
    std::string_view("delta.compatibility.symlinkFormatManifest.enabled"),
    std::string_view("delta.enableFullRetentionRollback"),
    std::string_view("delta.enableIcebergCompatV1"),
    std::string_view("delta.enableIcebergCompatV2"),
    std::string_view("delta.enableIcebergCompatV3"),
    std::string_view("delta.enableVariantShredding"),
    std::string_view("delta.minReaderVersion"),
    std::string_view("delta.minWriterVersion"),
    std::string_view("delta.parquet.format.version"),
    std::string_view("delta.randomizeFilePrefixes"),
    std::string_view("delta.randomPrefixLength"),
    std::string_view("delta.requireCheckpointProtectionBeforeVersion"),
    std::string_view("delta.sampleRetentionDuration"),
    std::string_view("delta.tuneFileSizesForRewrites"),
    std::string_view("delta.universalFormat.enabledFormats"),
};

constexpr std::array kNames = {
    std::string_view("delta.appendOnly"),
    std::string_view("delta.checkpoint.writeStatsAsJson"),
    std::string_view("delta.checkpoint.writeStatsAsStruct"),
    std::string_view("delta.checkpointInterval"),
    std::string_view("delta.checkpointPolicy"),
    std::string_view("delta.columnMapping.mode"),
    std::string_view("delta.dataSkippingNumIndexedCols"),
    std::string_view("delta.dataSkippingStatsColumns"),
    std::string_view("delta.deletedFileRetentionDuration"),
    std::string_view("delta.enableChangeDataFeed"),
    std::string_view("delta.enableDeletionVectors"),
    std::string_view("delta.enableExpiredLogCleanup"),
    std::string_view("delta.enableInCommitTimestamps"),
    std::string_view("delta.enableRowTracking"),
    std::string_view("delta.enableTypeWidening"),
    std::string_view("delta.isolationLevel"),
    std::string_view("delta.logRetentionDuration"),
    std::string_view("delta.parquet.compression.codec"),
    std::string_view("delta.rowTrackingSuspended"),
    std::string_view("delta.setTransactionRetentionDuration"),
    std::string_view("delta.targetFileSize"),
};

// What a writer keeps there itself.
constexpr std::array kWriterNames = {
    std::string_view("delta.columnMapping.maxColumnId"),
    std::string_view("delta.inCommitTimestampEnablementTimestamp"),
    std::string_view("delta.inCommitTimestampEnablementVersion"),
    std::string_view("delta.rowTracking.materializedRowCommitVersionColumnName"),
    std::string_view("delta.rowTracking.materializedRowIdColumnName"),
};

template <size_t N>
const std::string_view* FindName(const std::array<std::string_view, N>& names,
                                 std::string_view name) {
  const auto found = std::find_if(names.begin(), names.end(), [&](std::string_view known) {
    return LowerCase(known) == LowerCase(name);
  });
  return found == names.end() ? nullptr : &*found;
}

Status CheckName(std::string_view name) {
  if (!LowerCase(name).starts_with("delta.")) return Status::OK();
  if (name.starts_with("delta.constraints.") || name.starts_with("delta.feature.")) {
    return Status::OK();
  }
  if (FindName(kWriterNames, name) != nullptr) {
    return Error(ErrorCode::kInvalidArgument,
                 "the table property {} cannot be set; a writer keeps it", name);
  }
  const std::string_view* known = FindName(kNames, name);
  if (known == nullptr) known = FindName(kOtherNames, name);
  if (known == nullptr) {
    return Error(ErrorCode::kInvalidArgument,
                 "the table property {} is unknown; names that do not start with 'delta.' are free",
                 name);
  }
  if (*known != name) {
    return Error(ErrorCode::kInvalidArgument, "the table property {} is written {}", name, *known);
  }
  return Status::OK();
}

}  // namespace

Result<TableProperties> TableProperties::Of(const Metadata& metadata) {
  PropertyReader reader(metadata.configuration);
  TableProperties properties;
  reader.Boolean("delta.appendOnly", properties.append_only);
  reader.Boolean("delta.enableDeletionVectors", properties.deletion_vectors_enabled);
  reader.Boolean("delta.enableChangeDataFeed", properties.change_data_feed);
  reader.Boolean("delta.enableRowTracking", properties.row_tracking);
  reader.Boolean("delta.rowTrackingSuspended", properties.row_tracking_suspended);
  reader.Boolean("delta.enableInCommitTimestamps", properties.in_commit_timestamps);
  reader.Boolean("delta.enableTypeWidening", properties.type_widening);
  reader.Choice("delta.columnMapping.mode", kColumnMappingModes, properties.column_mapping_mode);
  reader.Integer("delta.columnMapping.maxColumnId", 0, properties.column_mapping_max_id);
  reader.Choice("delta.isolationLevel", kIsolationLevels, properties.isolation_level);
  reader.Integer("delta.checkpointInterval", 1, properties.checkpoint_interval);
  reader.Choice("delta.checkpointPolicy", kCheckpointPolicies, properties.checkpoint_policy);
  reader.Boolean("delta.checkpoint.writeStatsAsJson", properties.write_stats_as_json);
  reader.Boolean("delta.checkpoint.writeStatsAsStruct", properties.write_stats_as_struct);
  reader.Boolean("delta.enableExpiredLogCleanup", properties.expired_log_cleanup);
  reader.Interval("delta.logRetentionDuration", properties.log_retention_ms);
  reader.Interval("delta.deletedFileRetentionDuration", properties.deleted_file_retention_ms);
  reader.Interval("delta.setTransactionRetentionDuration", properties.transaction_retention_ms);
  ReadFileProperties(reader, properties);
  ReadNames(reader, properties);
  ARROW_RETURN_NOT_OK(reader.status());
  return properties;
}

Status CheckProperties(const std::map<std::string, std::string>& configuration) {
  for (const auto& [name, value] : configuration) ARROW_RETURN_NOT_OK(CheckName(name));
  Metadata metadata;
  metadata.configuration = configuration;
  return TableProperties::Of(metadata).status();
}

Result<int64_t> ParseInterval(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, int64_t>, 6> kUnits = {{
      {"millisecond", 1},
      {"second", 1000},
      {"minute", 60'000},
      {"hour", 3'600'000},
      {"day", 86'400'000},
      {"week", 604'800'000},
  }};
  const auto wrong = [&] {
    return Error(ErrorCode::kInvalidArgument,
                 "'{}' is not an interval such as 'interval 7 days' or '12 hours'", text);
  };
  const std::string lower = LowerCase(Trimmed(text));
  std::string_view rest = lower;
  const auto next_word = [&rest] {
    rest = Trimmed(rest);
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    return word;
  };
  if (rest.starts_with("interval ")) next_word();
  int64_t total_ms = 0;
  int terms = 0;
  for (; !Trimmed(rest).empty(); ++terms) {
    const auto count = WholeNumber(next_word());
    std::string_view unit = next_word();
    if (unit.ends_with('s')) unit.remove_suffix(1);
    const auto known = std::find_if(kUnits.begin(), kUnits.end(),
                                    [&](const auto& entry) { return entry.first == unit; });
    if (!count || *count < 0 || known == kUnits.end()) return wrong();
    int64_t term_ms = 0;
    if (__builtin_mul_overflow(*count, known->second, &term_ms) ||
        __builtin_add_overflow(total_ms, term_ms, &total_ms)) {
      return wrong();
    }
  }
  if (terms == 0) return wrong();
  return total_ms;
}

std::optional<Compression> ParseCompression(std::string_view text) {
  const std::string lower = LowerCase(text);
  for (const auto& [name, compression] : kCompressions) {
    if (name == lower) return compression;
  }
  return std::nullopt;
}

std::string_view CompressionName(Compression compression) {
  for (const auto& [name, known] : kCompressions) {
    if (known == compression) return name;
  }
  return "zstd";
}

}  // namespace deltaport::delta
