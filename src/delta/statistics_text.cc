#include "delta/statistics_text.h"

#include "columnar/json_document.h"

namespace deltaport::delta {

std::optional<int64_t> RecordCount(std::string_view stats) {
  const auto document = columnar::JsonDocument::Parse(stats);
  if (!document.ok()) return std::nullopt;
  const auto rows = document->root()["numRecords"].integer();
  return rows && *rows >= 0 ? rows : std::nullopt;
}

Result<std::string> WithWideBounds(std::string_view stats, std::optional<int64_t> rows) {
  if (const auto known = RecordCount(stats)) rows = known;
  if (!rows) {
    return Error(ErrorCode::kInvalidArgument,
                 "a file with a deletion vector needs numRecords in its statistics");
  }
  std::string out = fmt::format(R"({{"numRecords":{},"tightBounds":false)", *rows);
  const auto document = columnar::JsonDocument::Parse(stats);
  if (document.ok()) {
    ARROW_RETURN_NOT_OK(
        document->root().ForEachMember([&](std::string_view name, columnar::JsonValue value) {
          if (name == "numRecords" || name == "tightBounds") return Status::OK();
          out += ',';
          columnar::AppendQuotedJson(name, out);
          out += ':';
          out += value.ToText();
          return Status::OK();
        }));
  }
  return out + "}";
}

}  // namespace deltaport::delta
