#include "ports/datapress/route_descriptions.h"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "ports/datapress/datapress_routes.h"
#include "ports/datapress/row_response.h"

namespace deltaport::ports::datapress {
namespace {

using wire::ParameterDescription;
using wire::ResponseDescription;
using wire::RouteDescription;

std::string Reference(std::string_view name) {
  return R"({"$ref":"#/components/schemas/)" + std::string(name) + R"("})";
}

ResponseDescription Json(std::string_view schema, std::string description, int status = 200) {
  return {status, std::move(description), "application/json", Reference(schema)};
}

ResponseDescription ArrowStream(std::string description) {
  return {200, std::move(description), std::string(kArrowMediaType), ""};
}

// Failures of any route that reads a dataset, and those of `statuses`.
std::vector<ResponseDescription> WithErrors(std::vector<ResponseDescription> responses,
                                            std::initializer_list<int> statuses) {
  for (const int status : statuses) {
    std::string description = "Error";
    switch (status) {
      case 400:
        description = "The body cannot be read or means nothing";
        break;
      case 403:
        description = "No or wrong admin token, or a column that is not allowed";
        break;
      case 404:
        description = "No such dataset";
        break;
      case 503:
        description = "Not ready, or out of resources; Retry-After where trying again may help";
        break;
      case 504:
        description = "The time for the request passed";
        break;
      default:
        break;
    }
    responses.push_back(Json("Error", std::move(description), status));
  }
  return responses;
}

std::vector<ParameterDescription> FormatParameters() {
  return {
      {"format", "query", "`arrow` for an Arrow IPC stream; the Accept header does the same"},
      {"compress", "query", "`false` leaves the body uncompressed"},
      {"X-No-Compress", "header", "Any value leaves the body uncompressed"},
  };
}

std::vector<ParameterDescription> AdminParameters() {
  return {{"X-Admin-Token", "header", "The admin token", R"({"type":"string"})", true}};
}

RouteDescription Describe(std::string operation_id, std::string summary,
                          std::vector<ResponseDescription> responses) {
  RouteDescription description;
  description.operation_id = std::move(operation_id);
  description.summary = std::move(summary);
  description.tag = "datasets";
  description.responses = std::move(responses);
  return description;
}

}  // namespace

RouteDescription DescribeListDatasets() {
  return Describe("listDatasets", "All datasets with their status",
                  {Json("DatasetList", "Sorted by name")});
}

RouteDescription DescribeGetSchema() {
  return Describe("getSchema", "Columns, number of rows and a sample row of a dataset",
                  WithErrors({Json("DatasetSchema", "The schema")}, {404, 503, 504}));
}

RouteDescription DescribeGetStatus() {
  return Describe("getStatus", "Status of a dataset",
                  WithErrors({Json("DatasetStatus", "The status")}, {404}));
}

RouteDescription DescribeQuery() {
  RouteDescription description =
      Describe("queryDataset", "One page of rows",
               WithErrors({Json("Page", "Rows as objects"), ArrowStream("Rows as an Arrow stream")},
                          {400, 403, 404, 503, 504}));
  description.parameters = FormatParameters();
  description.request_schema = Reference("QueryRequest");
  return description;
}

RouteDescription DescribeStreamQuery() {
  RouteDescription description =
      Describe("streamDataset", "All rows as an Arrow stream; page and page_size do not count",
               WithErrors({ArrowStream("All rows")}, {400, 403, 404, 503, 504}));
  description.request_schema = Reference("QueryRequest");
  return description;
}

RouteDescription DescribeCount() {
  RouteDescription description =
      Describe("countRows", "Number of rows that fit all predicates",
               WithErrors({Json("Count", "The number")}, {400, 403, 404, 503, 504}));
  description.request_schema = Reference("CountRequest");
  description.request_required = false;
  return description;
}

RouteDescription DescribeReload() {
  RouteDescription description =
      Describe("reloadDataset", "Opens a dataset anew; readers are not interrupted",
               WithErrors({Json("Reloaded", "Done")}, {403, 404}));
  description.parameters = AdminParameters();
  return description;
}

RouteDescription DescribeReloadAll() {
  RouteDescription description =
      Describe("reloadAllDatasets", "Opens all datasets anew, in the background",
               WithErrors({Json("ReloadsQueued", "Queued", 202)}, {403}));
  description.parameters = AdminParameters();
  return description;
}

RouteDescription DescribeSql() {
  RouteDescription description = Describe(
      "runSql", "Rows of a read-only SQL statement over the datasets",
      WithErrors({Json("SqlResult", "Rows as objects"), ArrowStream("Rows as an Arrow stream")},
                 {400, 403, 404, 503, 504}));
  description.tag = "sql";
  description.parameters = FormatParameters();
  description.request_schema = Reference("SqlRequest");
  return description;
}

wire::SchemaComponents DatapressSchemas() {
  return {
      {"Error",
       R"({"type":"object","required":["error"],"properties":{"error":{"type":"string"}}})"},
      {"Predicate",
       R"({"type":"object","required":["col","op"],"properties":{"col":{"type":"string"},)"
       R"("op":{"enum":["eq","neq","gt","gte","lt","lte","like","ilike","in","is_null",)"
       R"("is_not_null"]},"val":{"description":"A string, number or boolean; an array for in"}}})"},
      {"SortKey",
       R"({"type":"object","required":["col"],"properties":{"col":{"type":"string"},)"
       R"("dir":{"type":"string","description":"asc or desc, in any case","default":"asc"}}})"},
      {"Aggregation",
       R"({"type":"object","required":["op"],"properties":{"col":{"type":["string","null"]},)"
       R"("op":{"type":"string","description":"count, sum, avg, min or max, in any case"},)"
       R"("alias":{"type":["string","null"]}}})"},
      {"QueryRequest",
       R"({"type":"object","properties":{)"
       R"("columns":{"type":"array","items":{"type":"string"}},)"
       R"("predicates":{"type":"array","items":{"$ref":"#/components/schemas/Predicate"}},)"
       R"("group_by":{"type":"array","items":{"type":"string"}},)"
       R"("aggregations":{"type":"array","items":{"$ref":"#/components/schemas/Aggregation"}},)"
       R"("having":{"type":"array","items":{"$ref":"#/components/schemas/Predicate"}},)"
       R"("distinct":{"type":"boolean","default":false},)"
       R"("order_by":{"type":"array","items":{"$ref":"#/components/schemas/SortKey"}},)"
       R"("limit":{"type":["integer","null"],"minimum":0},)"
       R"("page":{"type":"integer","minimum":0,"default":1},)"
       R"("page_size":{"type":"integer","minimum":0,"default":1000}}})"},
      {"CountRequest", R"({"type":"object","properties":{"predicates":{"type":"array",)"
                       R"("items":{"$ref":"#/components/schemas/Predicate"}}}})"},
      {"SqlRequest", R"({"type":"object","required":["sql"],"properties":{"sql":{"type":"string"},)"
                     R"("max_rows":{"type":["integer","null"],"minimum":0}}})"},
      {"Page", R"({"type":"object","required":["data","page","page_size"],"properties":{)"
               R"("data":{"type":"array","items":{"type":"object"}},"page":{"type":"integer"},)"
               R"("page_size":{"type":"integer"}}})"},
      {"SqlResult",
       R"({"type":"object","required":["data","max_rows"],"properties":{)"
       R"("data":{"type":"array","items":{"type":"object"}},"max_rows":{"type":"integer"}}})"},
      {"Count",
       R"({"type":"object","required":["count"],"properties":{"count":{"type":"integer"}}})"},
      {"DatasetStatus",
       R"({"type":"object","required":["name","state","kind","residency","consecutive_failures",)"
       R"("columns","lazy","depends_on"],"properties":{"name":{"type":"string"},)"
       R"("state":{"enum":["pending","building","published","failed"]},)"
       R"("kind":{"enum":["parquet","delta"]},"residency":{"type":"string"},)"
       R"("last_refresh_at":{"type":"string","format":"date-time"},)"
       R"("last_refresh_duration_ms":{"type":"integer"},"refresh_source":{"type":"string"},)"
       R"("consecutive_failures":{"type":"integer"},"last_error":{"type":"string"},)"
       R"("columns":{"type":"integer"},"rows":{"type":"integer"},"lazy":{"type":"boolean"},)"
       R"("depends_on":{"type":"array","items":{"type":"string"}}}})"},
      {"DatasetList",
       R"({"type":"object","required":["datasets"],"properties":{"datasets":{"type":"array",)"
       R"("items":{"$ref":"#/components/schemas/DatasetStatus"}}}})"},
      {"DatasetSchema",
       R"({"type":"object","required":["name","rows","columns","indexed","sample"],"properties":{)"
       R"("name":{"type":"string"},"rows":{"type":"integer"},"columns":{"type":"array","items":{)"
       R"("type":"object","properties":{"name":{"type":"string"},"logical":{"enum":["bool","int",)"
       R"("float","utf8","temporal","other"]},"sql_type":{"type":"string"},)"
       R"("nullable":{"type":"boolean"}}}},"indexed":{"type":"array","items":{"type":"string"}},)"
       R"("sample":{"type":["object","null"]}}})"},
      {"Reloaded", R"({"type":"object","required":["dataset","elapsed_ms","rows"],"properties":{)"
                   R"("dataset":{"type":"string"},"elapsed_ms":{"type":"integer"},)"
                   R"("rows":{"type":"integer"}}})"},
      {"ReloadsQueued", R"({"type":"object","required":["enqueued","skipped"],"properties":{)"
                        R"("enqueued":{"type":"array","items":{"type":"string"}},)"
                        R"("skipped":{"type":"array","items":{"type":"string"}}}})"},
  };
}

}  // namespace deltaport::ports::datapress
