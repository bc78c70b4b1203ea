#include "engine/duckdb/result_stream.h"

#include <optional>
#include <utility>

#include <duckdb/main/pending_query_result.hpp>
#include <duckdb/main/stream_query_result.hpp>

#include "engine/duckdb/arrow_result.h"
#include "engine/duckdb/error_translation.h"

namespace deltaport::engine {
namespace {

class ResultStream final : public arrow::RecordBatchReader {
 public:
  ResultStream(Instance::Lease connection, duckdb::shared_ptr<QueryState> state, CancelToken token)
      : connection_(std::move(connection)), state_(std::move(state)), token_(std::move(token)) {}

  ~ResultStream() override { End(); }

  Status Start(duckdb::unique_ptr<duckdb::SQLStatement> statement,
               std::shared_ptr<arrow::Schema> schema) {
    ARROW_RETURN_NOT_OK(token_.Check());
    QueryState::Set(*connection_->context, state_);
    const auto status =
        CatchDuckDb([&] { return Execute(std::move(statement), std::move(schema)); });
    ARROW_RETURN_NOT_OK(status.ok() ? status : Explain(status));
    return Advance();
  }

  std::shared_ptr<arrow::Schema> schema() const override { return builder_->schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    if (!next_) ARROW_RETURN_NOT_OK(Advance());
    *batch = std::exchange(next_, nullptr);
    return Status::OK();
  }

  Status Close() override {
    End();
    return Status::OK();
  }

 private:
  Status Execute(duckdb::unique_ptr<duckdb::SQLStatement> statement,
                 std::shared_ptr<arrow::Schema> schema) {
    auto pending = connection_->PendingQuery(std::move(statement), true);
    if (pending->HasError()) return FromErrorData(pending->GetErrorObject());
    // Planning resets the interrupt flag, so the token is looked at again from here on.
    auto* connection = &*connection_;
    registration_ = token_.OnCancel([connection] { connection->Interrupt(); });
    result_ = pending->Execute();
    if (result_->HasError()) return FromErrorData(result_->GetErrorObject());
    ARROW_ASSIGN_OR_RAISE(builder_, ArrowResultBuilder::Make(*result_, std::move(schema)));
    return Status::OK();
  }

  // Fills `next_`, or leaves it null at the end.
  Status Advance() {
    if (!failure_.ok()) return failure_;
    if (!result_) return Status::OK();
    failure_ = CatchDuckDb([&] { return Collect(); });
    if (!failure_.ok()) {
      failure_ = Explain(failure_);
      End();
    }
    return failure_;
  }

  Status Collect() {
    bool ended = false;
    while (!ended && !builder_->full()) {
      ARROW_RETURN_NOT_OK(token_.Check());
      const auto chunk = result_->Fetch();
      if (result_->HasError()) return FromErrorData(result_->GetErrorObject());
      ended = !chunk || chunk->size() == 0;
      if (!ended) ARROW_RETURN_NOT_OK(builder_->Append(*chunk));
    }
    if (!builder_->empty()) {
      ARROW_ASSIGN_OR_RAISE(next_, builder_->Finish());
    }
    if (ended) {
      complete_ = true;
      End();
    }
    return Status::OK();
  }

  // The reason behind a DuckDB error, where we know it better.
  Status Explain(const Status& status) const {
    if (auto cancelled = token_.Check(); !cancelled.ok()) return cancelled;
    if (auto recorded = state_->recorded(); !recorded.ok()) return recorded;
    return status;
  }

  void End() {
    registration_ = CancelToken::Registration();
    result_.reset();
    if (!complete_) connection_.Drop();
  }

  // Order matters: the result goes before its connection.
  Instance::Lease connection_;
  const duckdb::shared_ptr<QueryState> state_;
  const CancelToken token_;
  std::unique_ptr<ArrowResultBuilder> builder_;
  duckdb::unique_ptr<duckdb::QueryResult> result_;
  CancelToken::Registration registration_;
  std::shared_ptr<arrow::RecordBatch> next_;
  Status failure_;
  bool complete_ = false;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> StreamQuery(
    Instance::Lease connection, duckdb::shared_ptr<QueryState> state,
    duckdb::unique_ptr<duckdb::SQLStatement> statement, std::shared_ptr<arrow::Schema> schema,
    const CancelToken& token) {
  auto stream = std::make_shared<ResultStream>(std::move(connection), std::move(state), token);
  ARROW_RETURN_NOT_OK(stream->Start(std::move(statement), std::move(schema)));
  return stream;
}

Result<duckdb::unique_ptr<duckdb::SQLStatement>> ParseOwnStatement(duckdb::Connection& connection,
                                                                   const std::string& sql) {
  return CatchDuckDb([&]() -> Result<duckdb::unique_ptr<duckdb::SQLStatement>> {
    auto statements = connection.ExtractStatements(sql);
    if (statements.size() != 1) {
      return Error(ErrorCode::kInternal, "{} statements in generated SQL", statements.size());
    }
    return std::move(statements[0]);
  });
}

}  // namespace deltaport::engine
