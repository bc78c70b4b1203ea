#include "ports/operations/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"

namespace deltaport::ports::operations {
namespace {

using testing::HasSubstr;
using testing::Not;

// Only its catalogue is ever asked for.
class CatalogueOnlyLake final : public lake::Lake {
 public:
  void Add(const std::string& name, lake::DatasetState state, std::optional<int64_t> rows) {
    auto dataset = std::make_shared<lake::Dataset>();
    dataset->state = state;
    if (rows) {
      dataset->generation =
          std::make_shared<lake::DatasetGeneration>(lake::DatasetGeneration{{}, rows, {}});
    }
    datasets_[name] = dataset;
  }

  std::shared_ptr<const lake::Catalogue> Current() const override {
    return std::make_shared<lake::Catalogue>(datasets_);
  }
  Status WaitUntilBuilt(const CancelToken&) const override { return Status::OK(); }
  Result<std::shared_ptr<const lake::Dataset>> Published(std::string_view) const override {
    return NotAsked();
  }
  Result<std::shared_ptr<const lake::Dataset>> Reload(std::string_view,
                                                      lake::RefreshSource) override {
    return NotAsked();
  }
  Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const lake::Dataset&,
                                                          const engine::StructuredQuery&,
                                                          const CancelToken&) override {
    return NotAsked();
  }
  Result<int64_t> Count(const lake::Dataset&, const std::vector<engine::Predicate>&,
                        const CancelToken&) override {
    return NotAsked();
  }
  Result<std::shared_ptr<arrow::RecordBatchReader>> Sql(std::string_view,
                                                        const CancelToken&) override {
    return NotAsked();
  }

 private:
  static Status NotAsked() { return Error(ErrorCode::kInternal, "not part of this test"); }

  std::map<std::string, std::shared_ptr<const lake::Dataset>, std::less<>> datasets_;
};

class OperationsTest : public testing::Test {
 protected:
  wire::Response Get(const std::string& path) {
    for (const auto& [route, description] : OperationsRoutes(lake_, metrics_, load_)) {
      if (route.pattern == path) return route.handler(wire::Request());
    }
    wire::Response missing;
    missing.status = 404;
    return missing;
  }

  CatalogueOnlyLake lake_;
  std::shared_ptr<MetricsRegistry> metrics_ = std::make_shared<MetricsRegistry>();
  std::shared_ptr<wire::ServerLoad> load_ = std::make_shared<wire::ServerLoad>();
};

TEST_F(OperationsTest, HealthAndVersion) {
  EXPECT_EQ(Get("/health").body, R"({"status":"ok"})");
  EXPECT_EQ(Get("/healthz").body, R"({"status":"ok"})");
  EXPECT_THAT(Get("/version").body, HasSubstr(R"({"name":"deltaport","version":")"));
}

TEST_F(OperationsTest, ReadyOnlyWhenEveryDatasetCanBeRead) {
  lake_.Add("a", lake::DatasetState::kPublished, 5);
  lake_.Add("b", lake::DatasetState::kBuilding, std::nullopt);
  EXPECT_EQ(Get("/readyz").status, 503);
  EXPECT_EQ(Get("/readyz").body, R"({"reason":"datasets are loading","status":"not ready"})");
  lake_.Add("b", lake::DatasetState::kFailed, std::nullopt);
  EXPECT_EQ(Get("/readyz").body, R"({"reason":"failed datasets: [\"b\"]","status":"not ready"})");
  lake_.Add("b", lake::DatasetState::kFailed, 3);
  EXPECT_EQ(Get("/readyz").status, 200);
  EXPECT_EQ(Get("/readyz").body, R"({"status":"ready","datasets":2})");
}

TEST_F(OperationsTest, MetricsTellRequestsLoadAndRows) {
  lake_.Add("flights", lake::DatasetState::kPublished, 336'776);
  load_->queued_requests = 4;
  const wire::RequestObserver observe = MakeRequestObserver(metrics_);
  log::Configure(log::Level::kOff, log::Format::kText);
  observe({.remote_address = "127.0.0.1",
           .method = "POST",
           .target = "/api/v1/datasets/x/count",
           .route = "/api/v1/datasets/{name}/count",
           .request_id = "1",
           .status = 200,
           .response_bytes = 100,
           .duration = std::chrono::milliseconds(7)});
  log::Configure(log::Level::kInfo, log::Format::kText);
  const std::string text = Get("/metrics").body;
  const std::string labels =
      R"({endpoint="/api/v1/datasets/{name}/count",method="POST",status="200"})";
  EXPECT_THAT(text, HasSubstr("datapress_http_requests_total" + labels + " 1\n"));
  EXPECT_THAT(text, HasSubstr("deltaport_http_response_bytes_total" + labels + " 100\n"));
  EXPECT_THAT(text, HasSubstr(R"(status="200",le="0.005"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"(status="200",le="0.01"} 1)"));
  EXPECT_THAT(text, HasSubstr("deltaport_http_queued_requests 4\n"));
  EXPECT_THAT(text, HasSubstr("datapress_dataset_rows{dataset=\"flights\"} 336776\n"));
}

TEST(LoggedTarget, HidesSecretsOnly) {
  EXPECT_EQ(LoggedTarget("/a?page=2&Access_Token=abc&x"), "/a?page=2&Access_Token=***&x");
  EXPECT_EQ(LoggedTarget("/a"), "/a");
}

}  // namespace
}  // namespace deltaport::ports::operations
