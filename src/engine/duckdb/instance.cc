#include "engine/duckdb/instance.h"

#include <filesystem>
#include <thread>

#include <duckdb/main/config.hpp>
#include <duckdb/main/extension_helper.hpp>
#include <duckdb/main/settings.hpp>
#include <unistd.h>

#include "engine/duckdb/capability_file_system.h"
#include "engine/duckdb/error_translation.h"
#include "engine/duckdb/julian_cast.h"
#include "engine/duckdb/lake_catalog.h"
#include "engine/duckdb/query_state.h"
#include "engine/duckdb/statement_guard.h"
#include "engine/duckdb/variant_cast.h"

namespace deltaport::engine {
namespace {

constexpr double kMemoryShare = 0.6;
constexpr double kDiskShare = 0.9;
constexpr int64_t kKeptVectorsShare = 8;  // Deletion vectors that are kept: 1/8 of the memory.
constexpr int kExpressionDepthMax = 250;
constexpr duckdb::idx_t kStreamBufferBytes = 4 << 20;  // Computed ahead of a reader, per query.

Result<std::string> MakeSpillDirectory(const std::string& parent) {
  std::error_code error;
  auto base =
      parent.empty() ? std::filesystem::temp_directory_path(error) : std::filesystem::path(parent);
  if (!error) std::filesystem::create_directories(base, error);
  if (error) {
    return Error(ErrorCode::kIo, "spill directory '{}' cannot be created: {}", base.string(),
                 error.message());
  }
  std::string path = (base / "deltaport-spill-XXXXXX").string();
  if (!mkdtemp(path.data())) {
    return Error(ErrorCode::kIo, "no directory can be created in '{}': {}", base.string(),
                 std::generic_category().message(errno));
  }
  return path;
}

int64_t MemoryLimit(int64_t wanted_bytes) {
  if (wanted_bytes > 0) return wanted_bytes;
  const auto machine =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  return static_cast<int64_t>(machine * kMemoryShare);
}

Result<int64_t> SpillLimit(int64_t wanted_bytes, const std::string& directory) {
  if (wanted_bytes > 0) return wanted_bytes;
  std::error_code error;
  const auto space = std::filesystem::space(directory, error);
  if (error) {
    return Error(ErrorCode::kIo, "free space of '{}' is unknown: {}", directory, error.message());
  }
  return static_cast<int64_t>(static_cast<double>(space.available) * kDiskShare);
}

Status Run(duckdb::Connection& connection, const std::string& sql) {
  const auto result = connection.Query(sql);
  return result->HasError() ? FromErrorData(result->GetErrorObject()) : Status::OK();
}

}  // namespace

void KeepOrder(duckdb::Connection& connection, bool keep) {
  connection.context->config.user_settings.SetUserSetting(
      duckdb::PreserveInsertionOrderSetting::SettingIndex, duckdb::Value::BOOLEAN(keep));
}

Instance::Lease::~Lease() {
  if (connection_) owner_->Release(std::move(connection_));
}

Result<std::shared_ptr<Instance>> Instance::Open(const EngineOptions& options) {
  auto instance = std::make_shared<Instance>();
  ARROW_RETURN_NOT_OK(CatchDuckDb([&] { return instance->Configure(options); }));
  return instance;
}

Status Instance::Configure(const EngineOptions& options) {
  ARROW_ASSIGN_OR_RAISE(spill_directory_, MakeSpillDirectory(options.spill_directory));
  ARROW_ASSIGN_OR_RAISE(const auto spill_limit,
                        SpillLimit(options.spill_limit_bytes, spill_directory_));
  const int threads = options.threads > 0
                          ? options.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  idle_max_ = static_cast<size_t>(options.connection_pool_size > 0 ? options.connection_pool_size
                                                                   : 2 * threads);
  memory_limit_bytes_ = MemoryLimit(options.memory_limit_bytes);
  duckdb::DBConfig config;
  const auto set = [&](const char* name, const duckdb::Value& value) {
    config.SetOptionByName(name, value);
  };
  set("threads", duckdb::Value::BIGINT(threads));
  set("memory_limit", duckdb::Value(fmt::format("{}B", memory_limit_bytes_)));
  set("temp_directory", duckdb::Value(spill_directory_));
  set("max_temp_directory_size", duckdb::Value(fmt::format("{}B", spill_limit)));
  set("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
  set("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
  set("allow_community_extensions", duckdb::Value::BOOLEAN(false));
  set("allow_persistent_secrets", duckdb::Value::BOOLEAN(false));
  set("preserve_insertion_order", duckdb::Value::BOOLEAN(true));
  set("enable_external_file_cache", duckdb::Value::BOOLEAN(false));
  set("default_null_order", duckdb::Value("nulls_last_on_asc_first_on_desc"));
  database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
  caches_.tables = std::make_shared<ScanTableCache>();
  caches_.deletion_vectors = std::make_shared<DeletionVectorCache>(
      *database_->instance, memory_limit_bytes_ / kKeptVectorsShare);
  database_->GetFileSystem().RegisterSubSystem(
      duckdb::unique_ptr<duckdb::FileSystem>(MakeCapabilityFileSystem().release()));
  RegisterLakeStorage(*database_->instance);
  RegisterVariantCast(*database_->instance);
  RegisterJulianCasts(*database_->instance);
  duckdb::Connection connection(*database_);
  for (const auto& sql : {
           fmt::format("ATTACH '' AS {} (TYPE deltaport, READ_ONLY)", kLakeCatalog),
           std::string("SET GLOBAL TimeZone = 'UTC'"),
           std::string("SET GLOBAL parquet_metadata_cache = true"),
           fmt::format("SET GLOBAL max_expression_depth = {}", kExpressionDepthMax),
           fmt::format("SET GLOBAL allowed_directories = ['{}']", kFileScheme),
           std::string("SET GLOBAL enable_external_access = false"),
           std::string("SET GLOBAL lock_configuration = true"),
       }) {
    ARROW_RETURN_NOT_OK(WithContext(Run(connection, sql), sql));
  }
  initial_sql_ = fmt::format("USE {}.{}", kLakeCatalog, kLakeSchema);
  return Status::OK();
}

Result<std::shared_ptr<Instance>> Instance::OpenUnlocked() {
  return CatchDuckDb([]() -> Result<std::shared_ptr<Instance>> {
    auto instance = std::make_shared<Instance>();
    duckdb::DBConfig config;
    config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
    instance->database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
    instance->initial_sql_ = "SET TimeZone = 'UTC'";
    return instance;
  });
}

Instance::~Instance() {
  idle_.clear();
  caches_ = ScanCaches();
  database_.reset();
  std::error_code ignored;  // Nothing can be done about a directory that stays.
  if (!spill_directory_.empty()) std::filesystem::remove_all(spill_directory_, ignored);
}

Result<Instance::Lease> Instance::Connect() {
  {
    const std::lock_guard guard(lock_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(shared_from_this(), std::move(connection));
    }
  }
  return CatchDuckDb([&]() -> Result<Lease> {
    auto connection = std::make_unique<duckdb::Connection>(*database_);
    connection->context->config.streaming_buffer_size = kStreamBufferBytes;
    ARROW_RETURN_NOT_OK(Run(*connection, initial_sql_));
    return Lease(shared_from_this(), std::move(connection));
  });
}

void Instance::Release(std::unique_ptr<duckdb::Connection> connection) {
  QueryState::Clear(*connection->context);
  KeepOrder(*connection, true);
  const std::lock_guard guard(lock_);
  if (idle_.size() < idle_max_) idle_.push_back(std::move(connection));
}

}  // namespace deltaport::engine
