#include "ports/datapress/datapress_service.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "columnar/json_rows.h"
#include "ports/datapress/dataset_json.h"
#include "ports/datapress/query_request.h"
#include "ports/datapress/row_response.h"
#include "ports/error_mapping.h"

namespace deltaport::ports::datapress {
namespace {

wire::Response JsonResponse(std::string body, int status = 200) {
  wire::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

wire::Response ToResponse(Result<wire::Response> result) {
  if (!result.ok()) return ErrorResponse(result.status());
  return *std::move(result);
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The media type without its parameters.
std::string_view Essence(std::string_view media_type) {
  return Trim(media_type.substr(0, media_type.find(';')));
}

bool EndsWithIgnoringCase(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         wire::EqualsIgnoringCase(text.substr(text.size() - end.size()), end);
}

Status CheckJsonBody(const wire::Request& request) {
  const std::string_view essence = Essence(request.Header("Content-Type").value_or(""));
  if (wire::EqualsIgnoringCase(essence, "application/json") ||
      EndsWithIgnoringCase(essence, "+json")) {
    return Status::OK();
  }
  return Error(ErrorCode::kInvalidArgument, "Content type error");
}

bool AcceptsArrow(std::string_view accept) {
  while (!accept.empty()) {
    const size_t comma = std::min(accept.find(','), accept.size());
    if (wire::EqualsIgnoringCase(Essence(accept.substr(0, comma)), kArrowMediaType)) return true;
    accept.remove_prefix(std::min(comma + 1, accept.size()));
  }
  return false;
}

bool WantsArrow(const wire::Request& request) {
  const auto format = request.QueryValue("format");
  if (format && wire::EqualsIgnoringCase(*format, "arrow")) return true;
  for (const auto& [name, value] : request.headers) {
    if (wire::EqualsIgnoringCase(name, "Accept") && AcceptsArrow(value)) return true;
  }
  return false;
}

std::optional<int64_t> ToOptional(const Result<int64_t>& result) {
  return result.ok() ? std::optional(*result) : std::nullopt;
}

const std::string& DatasetName(const wire::Request& request) {
  return request.path_parameters.front();
}

void AddRefreshedAt(const lake::Dataset& dataset, wire::Response& response) {
  response.headers.emplace_back("X-Dataset-Refreshed-At",
                                UtcSeconds(dataset.generation->refreshed_at));
}

// Takes as long for any two texts of the same length, whatever they are.
bool EqualInConstantTime(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

Result<wire::Response> PageResponse(lake::Lake& lake, const wire::Request& request,
                                    uint64_t page_size_max) {
  ARROW_RETURN_NOT_OK(CheckJsonBody(request));
  ARROW_ASSIGN_OR_RAISE(QueryBody body, ReadQueryBody(request.body));
  const Page page = EffectivePage(body.page, body.page_size, page_size_max);
  ARROW_ASSIGN_OR_RAISE(const auto dataset, lake.Published(DatasetName(request)));
  ARROW_ASSIGN_OR_RAISE(engine::StructuredQuery query, ToStructuredQuery(std::move(body)));
  RestrictToPage(page, query);
  ARROW_ASSIGN_OR_RAISE(auto rows, lake.Query(*dataset, query, request.token));
  wire::Response response;
  if (WantsArrow(request)) {
    ARROW_ASSIGN_OR_RAISE(response, ArrowResponse(std::move(rows)));
    response.headers.emplace_back("X-Page", std::to_string(page.number));
    response.headers.emplace_back("X-Page-Size", std::to_string(page.size));
  } else {
    std::string after = fmt::format(R"(],"page":{},"page_size":{}}})", page.number, page.size);
    ARROW_ASSIGN_OR_RAISE(response,
                          JsonRowsResponse(std::move(rows), R"({"data":[)", std::move(after)));
  }
  AddRefreshedAt(*dataset, response);
  return response;
}

Result<wire::Response> StreamResponse(lake::Lake& lake, const wire::Request& request) {
  ARROW_RETURN_NOT_OK(CheckJsonBody(request));
  ARROW_ASSIGN_OR_RAISE(QueryBody body, ReadQueryBody(request.body));
  ARROW_ASSIGN_OR_RAISE(const auto dataset, lake.Published(DatasetName(request)));
  ARROW_ASSIGN_OR_RAISE(const engine::StructuredQuery query, ToStructuredQuery(std::move(body)));
  ARROW_ASSIGN_OR_RAISE(auto rows, lake.Query(*dataset, query, request.token));
  ARROW_ASSIGN_OR_RAISE(wire::Response response, ArrowResponse(std::move(rows)));
  response.headers.emplace_back("X-Query-Mode", "stream");
  AddRefreshedAt(*dataset, response);
  return response;
}

Result<wire::Response> CountResponse(lake::Lake& lake, const wire::Request& request) {
  std::vector<BodyPredicate> body;
  if (!request.body.empty()) {
    ARROW_RETURN_NOT_OK(CheckJsonBody(request));
    ARROW_ASSIGN_OR_RAISE(body, ReadCountBody(request.body));
  }
  ARROW_ASSIGN_OR_RAISE(const auto dataset, lake.Published(DatasetName(request)));
  ARROW_ASSIGN_OR_RAISE(const auto predicates, ToPredicates(std::move(body)));
  ARROW_ASSIGN_OR_RAISE(const int64_t count, lake.Count(*dataset, predicates, request.token));
  wire::Response response = JsonResponse(fmt::format(R"({{"count":{}}})", count));
  AddRefreshedAt(*dataset, response);
  return response;
}

Result<wire::Response> SqlResponse(lake::Lake& lake, const wire::Request& request,
                                   uint64_t rows_max) {
  ARROW_RETURN_NOT_OK(CheckJsonBody(request));
  ARROW_ASSIGN_OR_RAISE(const SqlBody body, ReadSqlBody(request.body));
  const std::string& sql = body.sql;
  const auto max_rows =
      static_cast<int64_t>(std::clamp<uint64_t>(body.max_rows.value_or(rows_max), 1, rows_max));
  if (sql.find_first_not_of(" \t\r\n") == sql.npos) {
    return Error(ErrorCode::kInvalidArgument, "invalid value: sql must not be empty");
  }
  ARROW_ASSIGN_OR_RAISE(auto rows, lake.Sql(sql, request.token));
  rows = FirstRows(std::move(rows), max_rows);
  if (!WantsArrow(request)) {
    return JsonRowsResponse(std::move(rows), R"({"data":[)",
                            fmt::format(R"(],"max_rows":{}}})", max_rows));
  }
  ARROW_ASSIGN_OR_RAISE(wire::Response response, ArrowResponse(std::move(rows)));
  response.headers.emplace_back("X-Max-Rows", std::to_string(max_rows));
  return response;
}

}  // namespace

DatapressService::DatapressService(std::shared_ptr<lake::Lake> lake, DatapressSettings settings)
    : lake_(std::move(lake)), settings_(std::move(settings)), reloads_(lake_) {}

wire::Response DatapressService::ListDatasets(const wire::Request& request) {
  return JsonResponse(R"({"datasets":)" + StatusList(request) + "}");
}

wire::Response DatapressService::ListDatasetsBare(const wire::Request& request) {
  return JsonResponse(StatusList(request));
}

std::string DatapressService::StatusList(const wire::Request& request) {
  const auto catalogue = lake_->Current();
  std::string list = "[";
  for (const auto& [name, dataset] : catalogue->datasets()) {
    if (list.size() > 1) list += ',';
    // One dataset whose rows cannot be counted must not hide the others.
    list += StatusJson(*dataset, ToOptional(RowCount(*dataset, request.token)),
                       KeyOrder::kAlphabetical);
  }
  return list + "]";
}

wire::Response DatapressService::GetStatus(const wire::Request& request) {
  return ToResponse(TryStatus(request));
}

Result<wire::Response> DatapressService::TryStatus(const wire::Request& request) {
  const auto catalogue = lake_->Current();
  const auto dataset = catalogue->Find(DatasetName(request));
  if (dataset == nullptr) {
    return Error(ErrorCode::kNotFound, "not found: dataset '{}' not found", DatasetName(request));
  }
  return JsonResponse(
      StatusJson(*dataset, ToOptional(RowCount(*dataset, request.token)), KeyOrder::kReading));
}

wire::Response DatapressService::GetSchema(const wire::Request& request) {
  return ToResponse(TrySchema(request));
}

Result<wire::Response> DatapressService::TrySchema(const wire::Request& request) {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, lake_->Published(DatasetName(request)));
  ARROW_ASSIGN_OR_RAISE(const int64_t row_count, RowCount(*dataset, request.token));
  ARROW_ASSIGN_OR_RAISE(const std::string sample, FirstRow(*dataset, request.token));
  return JsonResponse(
      SchemaJson(dataset->settings.name, *dataset->generation->table->schema(), row_count, sample));
}

Result<int64_t> DatapressService::RowCount(const lake::Dataset& dataset, const CancelToken& token) {
  if (dataset.generation == nullptr) {
    return Error(ErrorCode::kUnavailable, "dataset '{}' is not ready", dataset.settings.name);
  }
  if (dataset.generation->row_count) return *dataset.generation->row_count;
  return lake_->Count(dataset, {}, token);
}

Result<std::string> DatapressService::FirstRow(const lake::Dataset& dataset,
                                               const CancelToken& token) {
  engine::StructuredQuery query;
  query.limit = 1;
  ARROW_ASSIGN_OR_RAISE(const auto rows, lake_->Query(dataset, query, token));
  ARROW_ASSIGN_OR_RAISE(const auto writer, columnar::JsonRowWriter::Make(rows->schema()));
  std::string row;
  std::shared_ptr<arrow::RecordBatch> batch;
  ARROW_RETURN_NOT_OK(rows->ReadNext(&batch));
  while (batch != nullptr && row.empty()) {
    ARROW_RETURN_NOT_OK(writer->Append(*batch->Slice(0, 1), ',', row));
    ARROW_RETURN_NOT_OK(rows->ReadNext(&batch));
  }
  if (row.empty()) return "null";
  row.pop_back();
  return row;
}

wire::Response DatapressService::Query(const wire::Request& request) {
  return ToResponse(PageResponse(*lake_, request, static_cast<uint64_t>(settings_.page_size_max)));
}

wire::Response DatapressService::StreamQuery(const wire::Request& request) {
  return ToResponse(StreamResponse(*lake_, request));
}

wire::Response DatapressService::Count(const wire::Request& request) {
  return ToResponse(CountResponse(*lake_, request));
}

Status DatapressService::CheckAdmin(const wire::Request& request) const {
  if (settings_.admin_token.empty()) {
    return Error(ErrorCode::kPermissionDenied,
                 "forbidden: admin endpoints are disabled (set ADMIN_TOKEN env var to enable)");
  }
  const auto token = request.Header("X-Admin-Token");
  if (!token || !EqualInConstantTime(*token, settings_.admin_token)) {
    return Error(ErrorCode::kPermissionDenied, "forbidden: invalid or missing X-Admin-Token");
  }
  return Status::OK();
}

wire::Response DatapressService::Reload(const wire::Request& request) {
  return ToResponse(TryReload(request));
}

Result<wire::Response> DatapressService::TryReload(const wire::Request& request) {
  ARROW_RETURN_NOT_OK(CheckAdmin(request));
  const auto start = std::chrono::steady_clock::now();
  ARROW_ASSIGN_OR_RAISE(const auto dataset,
                        lake_->Reload(DatasetName(request), lake::RefreshSource::kManual));
  ARROW_ASSIGN_OR_RAISE(const int64_t row_count, RowCount(*dataset, request.token));
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  std::string name;
  columnar::AppendJsonString(dataset->settings.name, name);
  return JsonResponse(fmt::format(R"({{"dataset":{},"elapsed_ms":{},"rows":{}}})", name,
                                  elapsed.count(), row_count));
}

wire::Response DatapressService::ReloadAll(const wire::Request& request) {
  return ToResponse(TryReloadAll(request));
}

Result<wire::Response> DatapressService::TryReloadAll(const wire::Request& request) {
  ARROW_RETURN_NOT_OK(CheckAdmin(request));
  std::string enqueued;
  std::string skipped;
  const auto catalogue = lake_->Current();
  for (const auto& [name, dataset] : catalogue->datasets()) {
    std::string& list = reloads_.Enqueue(name) ? enqueued : skipped;
    if (!list.empty()) list += ',';
    columnar::AppendJsonString(name, list);
  }
  return JsonResponse(fmt::format(R"({{"enqueued":[{}],"skipped":[{}]}})", enqueued, skipped), 202);
}

wire::Response DatapressService::Sql(const wire::Request& request) {
  if (!settings_.sql_enabled) return ErrorResponse(404, "not found: sql endpoint");
  const auto rows_max = static_cast<uint64_t>(std::max<int64_t>(settings_.sql_rows_max, 1));
  return ToResponse(SqlResponse(*lake_, request, rows_max));
}

}  // namespace deltaport::ports::datapress
