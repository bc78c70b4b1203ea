// The extension module `deltaport._deltaport`. Python objects stay in this file.

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/c/bridge.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "base/cancel_token.h"
#include "python/query.h"

namespace nb = nanobind;

namespace deltaport::python {
namespace {

constexpr std::chrono::milliseconds kSignalPollInterval{50};

// Raises the class that deltaport/errors.py has for the code.
[[noreturn]] void Raise(const Status& status) {
  const nb::object errors = nb::module_::import_("deltaport.errors");
  const std::string code(ErrorCodeName(CodeOf(status)));
  const nb::object type = errors.attr("BY_CODE")[code.c_str()];
  PyErr_SetString(type.ptr(), status.message().c_str());
  throw nb::python_error();
}

// Runs `work` without the Python lock, on a thread of its own, so that Ctrl-C is answered: the
// token is cancelled and KeyboardInterrupt raised once the work has ended.
template <typename Work>
auto RunInterruptible(const CancelToken& token, Work work) {
  auto future = std::async(std::launch::async, std::move(work));
  bool interrupted = false;
  while (true) {
    std::future_status state;
    {
      const nb::gil_scoped_release released;
      state = future.wait_for(kSignalPollInterval);
    }
    if (state == std::future_status::ready) break;
    if (!interrupted && PyErr_CheckSignals() != 0) {
      interrupted = true;
      token.Cancel(Error(ErrorCode::kCancelled, "interrupted"));
    }
  }
  if (interrupted) throw nb::python_error();
  return future.get();
}

// What query() returns. Its rows can be taken once.
class QueryResult {
 public:
  explicit QueryResult(std::shared_ptr<arrow::RecordBatchReader> reader)
      : schema_(reader->schema()), reader_(std::move(reader)) {}

  // The capsule of the Arrow PyCapsule interface. A requested schema is a wish that producers may
  // leave aside.
  nb::capsule ArrowStream(const nb::object&) {
    if (!reader_) {
      throw nb::value_error("the rows of this result were already taken: run the query again");
    }
    auto stream = std::make_unique<ArrowArrayStream>();
    if (const auto status = arrow::ExportRecordBatchReader(std::move(reader_), stream.get());
        !status.ok()) {
      Raise(status);
    }
    return nb::capsule(stream.release(), "arrow_array_stream", [](void* pointer) noexcept {
      std::unique_ptr<ArrowArrayStream> owned(static_cast<ArrowArrayStream*>(pointer));
      if (owned->release != nullptr) owned->release(owned.get());
    });
  }

  nb::capsule ArrowSchemaCapsule() const {
    auto schema = std::make_unique<ArrowSchema>();
    if (const auto status = arrow::ExportSchema(*schema_, schema.get()); !status.ok()) {
      Raise(status);
    }
    return nb::capsule(schema.release(), "arrow_schema", [](void* pointer) noexcept {
      std::unique_ptr<ArrowSchema> owned(static_cast<ArrowSchema*>(pointer));
      if (owned->release != nullptr) owned->release(owned.get());
    });
  }

  std::vector<std::string> ColumnNames() const { return schema_->field_names(); }

  std::string Representation() const {
    return fmt::format("<deltaport.QueryResult columns=[{}]{}>",
                       fmt::join(schema_->field_names(), ", "), reader_ ? "" : " (taken)");
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatchReader> reader_;
};

QueryResult RunQuery(std::vector<std::string> directories, std::string sql) {
  const CancelToken token;
  auto reader = RunInterruptible(
      token, [&directories, &sql, &token] { return Query(directories, sql, token); });
  if (!reader.ok()) Raise(reader.status());
  return QueryResult(reader.MoveValueUnsafe());
}

}  // namespace

NB_MODULE(_deltaport, module) {
  module.attr("__version__") = DELTAPORT_VERSION;
  nb::class_<QueryResult>(module, "QueryResult",
                          "Rows of a query, for any library that takes the Arrow PyCapsule "
                          "interface: `pyarrow.table(result)`, `polars.DataFrame(result)`, …")
      .def("__arrow_c_stream__", &QueryResult::ArrowStream,
           nb::arg("requested_schema") = nb::none(), "The rows, once.")
      .def("__arrow_c_schema__", &QueryResult::ArrowSchemaCapsule)
      .def_prop_ro("column_names", &QueryResult::ColumnNames)
      .def("__repr__", &QueryResult::Representation);
  module.def("query", &RunQuery, nb::arg("directories"), nb::arg("sql"));
}

}  // namespace deltaport::python
