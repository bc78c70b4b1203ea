// The routes over a lake of batches in memory.

#include "ports/datapress/datapress_routes.h"

#include <map>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "columnar/json_document.h"
#include "engine/query_binding.h"

namespace deltaport::ports::datapress {
namespace {

using testing::HasSubstr;

// A dataset "numbers" of one column `n`, and "loading", which is not published. Queries are bound
// for their errors; limit and offset are obeyed, predicates are not.
class FakeLake final : public lake::Lake {
 public:
  explicit FakeLake(int64_t row_count) : row_count_(row_count) {
    auto table = std::make_shared<engine::TableSource>();
    engine::ParquetFiles files;
    files.schema = schema_;
    table->name = "numbers";
    table->files = files;
    table->visible_schema = schema_;
    auto numbers = std::make_shared<lake::Dataset>();
    numbers->settings.name = "numbers";
    numbers->state = lake::DatasetState::kPublished;
    numbers->refresh_source = lake::RefreshSource::kStartup;
    numbers->generation =
        std::make_shared<lake::DatasetGeneration>(lake::DatasetGeneration{table, row_count, {}});
    auto loading = std::make_shared<lake::Dataset>();
    loading->settings.name = "loading";
    loading->state = lake::DatasetState::kBuilding;
    catalogue_ = std::make_shared<lake::Catalogue>(
        std::map<std::string, std::shared_ptr<const lake::Dataset>, std::less<>>{
            {"numbers", numbers}, {"loading", loading}});
  }

  std::shared_ptr<const lake::Catalogue> Current() const override { return catalogue_; }
  Status WaitUntilBuilt(const CancelToken&) const override { return Status::OK(); }

  Result<std::shared_ptr<const lake::Dataset>> Published(std::string_view name) const override {
    const auto dataset = catalogue_->Find(name);
    if (dataset == nullptr) return Error(ErrorCode::kNotFound, "not found: dataset: {}", name);
    if (dataset->generation == nullptr) {
      return Error(ErrorCode::kUnavailable, "dataset '{}' is not ready (state: building)", name);
    }
    return dataset;
  }

  Result<std::shared_ptr<const lake::Dataset>> Reload(std::string_view name,
                                                      lake::RefreshSource) override {
    return Published(name);
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const lake::Dataset&,
                                                          const engine::StructuredQuery& query,
                                                          const CancelToken&) override {
    ARROW_RETURN_NOT_OK(engine::Bind(query, *schema_));
    const auto offset = std::min<int64_t>(static_cast<int64_t>(query.offset), row_count_);
    int64_t count = row_count_ - offset;
    if (query.limit) count = std::min(count, static_cast<int64_t>(*query.limit));
    arrow::RecordBatchVector batches;
    for (int64_t at = offset; at < offset + count; at += kBatchRows) {
      arrow::Int64Builder builder;
      for (int64_t n = at; n < std::min(at + kBatchRows, offset + count); ++n) {
        ARROW_RETURN_NOT_OK(builder.Append(n));
      }
      ARROW_ASSIGN_OR_RAISE(auto array, builder.Finish());
      batches.push_back(arrow::RecordBatch::Make(schema_, array->length(), {array}));
    }
    return arrow::RecordBatchReader::Make(std::move(batches), schema_);
  }

  Result<int64_t> Count(const lake::Dataset&, const std::vector<engine::Predicate>& predicates,
                        const CancelToken&) override {
    ARROW_RETURN_NOT_OK(engine::BindPredicates(predicates, *schema_));
    return predicates.empty() ? row_count_ : 1;
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Sql(std::string_view,
                                                        const CancelToken& token) override {
    return Query(*catalogue_->Find("numbers"), {}, token);
  }

 private:
  static constexpr int64_t kBatchRows = 1000;

  int64_t row_count_;
  std::shared_ptr<arrow::Schema> schema_ =
      arrow::schema({arrow::field("n", arrow::int64(), /*nullable=*/false)});
  std::shared_ptr<lake::Catalogue> catalogue_;
};

class CollectingWriter final : public wire::BodyWriter {
 public:
  Status Write(std::string bytes) override {
    ++writes;
    body += bytes;
    return Status::OK();
  }
  std::string body;
  int writes = 0;
};

class DatapressRoutesTest : public testing::Test {
 protected:
  void Open(int64_t row_count, DatapressSettings settings = {}) {
    routes_ = DatapressRoutes(std::make_shared<FakeLake>(row_count), settings);
  }

  // `path` is matched against the patterns; {name} takes `dataset`.
  wire::Response Send(wire::Method method, std::string_view pattern, std::string body = {},
                      std::string dataset = "numbers", wire::Headers headers = {}) {
    for (const wire::DescribedRoute& described : routes_) {
      if (described.route.method != method || described.route.pattern != pattern) continue;
      wire::Request request;
      request.method = method;
      request.body = std::move(body);
      request.headers = std::move(headers);
      request.headers.emplace_back("content-type", "application/json; charset=utf-8");
      request.path_parameters = {std::move(dataset)};
      wire::Response response = described.route.handler(request);
      if (response.producer) {
        CollectingWriter writer;
        EXPECT_TRUE(response.producer(writer).ok());
        EXPECT_GT(writer.writes, 1);
        response.body = std::move(writer.body);
      }
      return response;
    }
    ADD_FAILURE() << "no route " << pattern;
    return {};
  }

  wire::Response Post(std::string_view pattern, std::string body, std::string dataset = "numbers",
                      wire::Headers headers = {}) {
    return Send(wire::Method::kPost, pattern, std::move(body), std::move(dataset),
                std::move(headers));
  }

  std::vector<wire::DescribedRoute> routes_;
};

constexpr std::string_view kQuery = "/api/v1/datasets/{name}/query";
constexpr std::string_view kCount = "/api/v1/datasets/{name}/count";

std::string HeaderOf(const wire::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

int64_t ArrowRows(const std::string& body) {
  auto reader = arrow::ipc::RecordBatchStreamReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(body)));
  if (!reader.ok()) return -1;
  EXPECT_EQ((*reader)->schema()->ToString(), "n: int64 not null");
  auto table = (*reader)->ToTable();
  return table.ok() ? (*table)->num_rows() : -1;
}

TEST_F(DatapressRoutesTest, PageIsAnEnvelopeOfRows) {
  Open(5);
  const auto response = Post(kQuery, R"({"page":2,"page_size":2})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"data":[{"n":2},{"n":3}],"page":2,"page_size":2})");
  EXPECT_EQ(HeaderOf(response, "X-Dataset-Refreshed-At"), "1970-01-01T00:00:00Z");
}

TEST_F(DatapressRoutesTest, PagePastTheEndIsEmptyAndEchoed) {
  Open(5);
  EXPECT_EQ(Post(kQuery, R"({"page":9,"limit":3})").body,
            R"({"data":[],"page":9,"page_size":1000})");
}

TEST_F(DatapressRoutesTest, LargePageIsSentInBlocksAndStaysValid) {
  Open(200'000, {.page_size_max = 1'000'000});
  const auto response = Post(kQuery, R"({"page_size":300000})");
  const auto document = columnar::JsonDocument::Parse(response.body);
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->root()["data"].size(), 200'000u);
  EXPECT_EQ(document->root()["page_size"].integer(), 300'000);
}

TEST_F(DatapressRoutesTest, ArrowKeepsTheSchemaOfAnEmptyPage) {
  Open(5);
  for (const auto& [body, rows] :
       std::map<std::string, int64_t>{{"{}", 5}, {R"({"limit":0})", 0}}) {
    const auto response =
        Post(kQuery, body, "numbers",
             {{"accept", "text/html, Application/VND.apache.arrow.stream; q=0.5"}});
    EXPECT_EQ(response.content_type, "application/vnd.apache.arrow.stream");
    EXPECT_EQ(HeaderOf(response, "X-Page-Size"), "1000");
    EXPECT_EQ(HeaderOf(response, "Content-Encoding"), "identity");
    EXPECT_EQ(ArrowRows(response.body), rows);
  }
}

TEST_F(DatapressRoutesTest, StreamSendsAllRowsWhateverThePageIs) {
  Open(300'000);
  const auto response = Post("/api/v1/datasets/{name}/query/stream", R"({"page_size":1})");
  EXPECT_EQ(HeaderOf(response, "X-Query-Mode"), "stream");
  EXPECT_EQ(HeaderOf(response, "X-Page"), "");
  EXPECT_EQ(ArrowRows(response.body), 300'000);
}

TEST_F(DatapressRoutesTest, CountTakesNoBodyButRefusesOneThatItCannotRead) {
  Open(5);
  EXPECT_EQ(Post(kCount, "").body, R"({"count":5})");
  EXPECT_EQ(Post(kCount, R"({"predicates":[{"col":"n","op":"eq","val":1}]})").body,
            R"({"count":1})");
  const auto malformed = Post(kCount, "{nope}");
  EXPECT_EQ(malformed.status, 400);
  EXPECT_EQ(malformed.body,
            R"({"error":"Json deserialize error: key must be a string at line 1 column 2"})");
}

TEST_F(DatapressRoutesTest, ErrorsHaveTheirStatusAndText) {
  Open(5);
  EXPECT_EQ(Post(kQuery, "{}", "nope").body, R"({"error":"not found: dataset: nope"})");
  EXPECT_EQ(Post(kQuery, "{}", "nope").status, 404);
  EXPECT_EQ(Post(kQuery, R"({"columns":["x"]})").body, R"({"error":"unknown column: x"})");
  const auto loading = Post(kQuery, "{}", "loading");
  EXPECT_EQ(loading.status, 503);
  EXPECT_EQ(HeaderOf(loading, "Retry-After"), "2");
  EXPECT_THAT(loading.body, HasSubstr("dataset 'loading' is not ready (state: building)"));
  EXPECT_EQ(Send(wire::Method::kGet, "/api/v1/datasets/{name}/status", "", "nope").body,
            R"({"error":"not found: dataset 'nope' not found"})");
}

TEST_F(DatapressRoutesTest, ListingIsAnEnvelopeUnderV1AndBareWithoutIt) {
  Open(5);
  const std::string list =
      R"([{"columns":0,"consecutive_failures":0,"depends_on":[],"kind":"parquet","lazy":true,)"
      R"("name":"loading","residency":"lazy","rows":0,"state":"building"},)"
      R"({"columns":1,"consecutive_failures":0,"depends_on":[],"kind":"parquet",)"
      R"("last_refresh_at":"1970-01-01T00:00:00Z","last_refresh_duration_ms":0,"lazy":true,)"
      R"("name":"numbers","refresh_source":"startup","residency":"lazy","rows":5,)"
      R"("state":"published"}])";
  EXPECT_EQ(Send(wire::Method::kGet, "/api/datasets").body, list);
  EXPECT_EQ(Send(wire::Method::kGet, "/api/v1/datasets").body, R"({"datasets":)" + list + "}");
}

TEST_F(DatapressRoutesTest, SchemaTellsColumnsAndASample) {
  Open(5);
  EXPECT_EQ(Send(wire::Method::kGet, "/api/v1/datasets/{name}/schema").body,
            R"({"name":"numbers","rows":5,"columns":[{"name":"n","logical":"int",)"
            R"("sql_type":"Int64","nullable":false}],"indexed":[],"sample":{"n":0}})");
}

TEST_F(DatapressRoutesTest, AdminRoutesNeedTheToken) {
  constexpr std::string_view kReload = "/api/v1/datasets/{name}/reload";
  Open(5);
  EXPECT_THAT(Post(kReload, "").body, HasSubstr("admin endpoints are disabled"));
  Open(5, {.admin_token = "secret"});
  EXPECT_EQ(Post(kReload, "").status, 403);
  EXPECT_EQ(Post(kReload, "", "numbers", {{"x-admin-token", "secreT"}}).body,
            R"({"error":"forbidden: invalid or missing X-Admin-Token"})");
  const auto reloaded = Post(kReload, "", "numbers", {{"x-admin-token", "secret"}});
  EXPECT_EQ(reloaded.status, 200);
  EXPECT_THAT(reloaded.body, HasSubstr(R"("rows":5)"));
  const auto all = Post("/api/v1/datasets/reload-all", "", "", {{"x-admin-token", "secret"}});
  EXPECT_EQ(all.status, 202);
  EXPECT_EQ(all.body, R"({"enqueued":["loading","numbers"],"skipped":[]})");
}

TEST_F(DatapressRoutesTest, SqlStopsAtMaxRowsAndIsOffByDefault) {
  Open(5);
  EXPECT_EQ(Post("/api/v1/sql", "{}").body, R"({"error":"not found: sql endpoint"})");
  Open(5'000, {.sql_enabled = true, .sql_rows_max = 100});
  EXPECT_EQ(Post("/api/v1/sql", R"({"sql":"x","max_rows":2})").body,
            R"({"data":[{"n":0},{"n":1}],"max_rows":2})");
  EXPECT_THAT(Post("/api/v1/sql", R"({"sql":"x"})").body, HasSubstr(R"("max_rows":100})"));
  EXPECT_EQ(Post("/api/v1/sql", R"({"sql":" "})").body,
            R"({"error":"invalid value: sql must not be empty"})");
}

}  // namespace
}  // namespace deltaport::ports::datapress
