#include "lake/server_settings.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

namespace deltaport::lake {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kThreadsMax = 4096;
constexpr int64_t kPortMax = 65'535;

using Strings = std::vector<std::string>;

Setting Bool(std::string_view key, bool value, std::string_view description,
             std::string_view flag = {}) {
  Setting setting{key, SettingKind::kBool, value, description};
  setting.flag = flag;
  return setting;
}

Setting Integer(std::string_view key, int64_t value, int64_t min, int64_t max,
                std::string_view description, std::string_view flag = {}) {
  Setting setting{key, SettingKind::kInteger, value, description, min, max};
  setting.flag = flag;
  return setting;
}

Setting Bytes(std::string_view key, int64_t value, std::string_view description,
              std::string_view flag = {}) {
  Setting setting{key, SettingKind::kBytes, value, description};
  setting.flag = flag;
  return setting;
}

Setting Text(std::string_view key, std::string_view value, std::string_view description,
             std::string_view flag = {}) {
  Setting setting{key, SettingKind::kString, std::string(value), description};
  setting.flag = flag;
  return setting;
}

Setting Choice(std::string_view key, std::string_view value, std::vector<std::string_view> choices,
               std::string_view description, std::string_view flag = {}) {
  Setting setting{key, SettingKind::kChoice, std::string(value), description};
  setting.choices = std::move(choices);
  setting.flag = flag;
  return setting;
}

Setting List(std::string_view key, std::string_view description, std::string_view flag = {}) {
  Setting setting{key, SettingKind::kStrings, Strings{}, description};
  setting.flag = flag;
  return setting;
}

Setting Secret(Setting setting) {
  setting.secret = true;
  return setting;
}

Setting NotYet(Setting setting) {
  setting.supported = false;
  return setting;
}

std::vector<Setting> ListenerSettings() {
  return {
      Text("server.listen", "127.0.0.1", "Address to listen on", "--listen"),
      Integer("server.port", 8080, 0, kPortMax, "TCP port; 0 lets the system pick one", "--port"),
      Bool("server.allow_insecure_listen", false,
           "Listen on other than loopback addresses without authentication",
           "--allow-insecure-listen"),
      Text("server.prefix", "", "Path in front of every route, such as \"/data\"", "--prefix"),
      Integer("server.io_threads", 0, 0, kThreadsMax, "Threads for sockets; 0: one per core"),
      Integer("server.worker_threads", 0, 0, kThreadsMax,
              "Threads that run requests; 0: server.workers, or twice the cores"),
      Integer("server.workers", 0, 0, kThreadsMax, "DataPress's name of server.worker_threads"),
      Integer("server.worker_queue_max", 1024, 1, 1'000'000,
              "Requests that may wait for a worker; over it 503"),
      Integer("server.max_connections", 10'000, 1, 1'000'000,
              "Connections at once; over it new ones are closed"),
      Integer("server.max_streams", 64, 1, 100'000, "Streamed responses at once; over it 503"),
      Bytes("server.stream_buffer_bytes", 4 * 1024 * 1024,
            "Bytes in flight for one streamed response"),
      Bool("server.compress", true, "Compress responses when the client accepts it"),
      Bytes("server.max_header_bytes", 64 * 1024, "Largest request header; over it 431"),
      Bytes("server.max_body_bytes", 1024 * 1024, "Largest request body; over it 413"),
      Integer("server.max_page_size", 100'000, 1, 10'000'000, "Largest page, in rows"),
      Integer("server.request_timeout_ms", 30'000, 1, kDayMs,
              "Time for one request, in milliseconds; over it 504 and the query stops",
              "--request-timeout-ms"),
      Integer("server.read_timeout_ms", 10'000, 1, kDayMs,
              "Time for a request to arrive whole, in milliseconds"),
      Integer("server.idle_timeout_ms", 75'000, 1, kDayMs,
              "Time that a quiet connection is kept, in milliseconds"),
      Integer("server.shutdown_timeout_secs", 30, 0, 86'400,
              "Time for running requests to end after SIGTERM or SIGINT, in seconds",
              "--shutdown-timeout-secs"),
      Integer("server.startup.max_concurrent", 4, 1, 256, "Datasets opened at once at start"),
      NotYet(Choice("server.startup.readiness", "all", {"all", "any"},
                    "/readyz answers 200 once all datasets are published, or any")),
  };
}

std::vector<Setting> OwnSettings() {
  return {
      Bytes("engine.memory_limit", 0, "Memory for queries; 0: 60 % of the machine's",
            "--memory-limit"),
      Text("engine.spill_directory", "",
           "Where queries put what does not fit in memory; \"\": below the temporary directory",
           "--spill-directory"),
      Bytes("engine.spill_limit", 0, "Disk space for spilling; 0: 90 % of what is free"),
      Integer("engine.threads", 0, 0, kThreadsMax, "Threads that compute; 0: one per core",
              "--threads"),
      Choice("log.level", "info", {"debug", "info", "warning", "error", "off"},
             "Least important messages that are logged", "--log-level"),
      Choice("log.format", "text", {"text", "json"}, "Form of a log line", "--log-format"),
      List("lake.directories", "Folders whose Delta tables and Parquet folders become datasets"),
      Integer("lake.follow_interval_ms", 1000, 0, kDayMs,
              "How often tables are checked for new commits, in milliseconds; 0: never",
              "--follow-interval-ms"),
      Bool("metrics.enabled", true, "Serve Prometheus metrics"),
      Text("metrics.path", "/metrics", "Path of the metrics"),
      Secret(Text("auth.admin_token", "",
                  "Token that admin requests carry in X-Admin-Token; also read from ADMIN_TOKEN")),
  };
}

// Keys of a DataPress file for features that are not here yet.
std::vector<Setting> PeerServerSettings() {
  return {
      Choice("server.backend", "datafusion", {"datafusion", "duckdb"},
             "Taken from DataPress files; has no effect: answers are the same"),
      NotYet(Integer("server.force_lazy_above_mb", 0, 0, INT64_MAX, "Size limit of residency")),
      Text("server.environment", "", "Name of the installation, shown by user interfaces"),
      Text("server.environment_color", "", "Colour of that name"),
      NotYet(Text("server.saved_queries_dir", "", "Folder of saved queries")),
      NotYet(Integer("server.refresh.max_concurrent", 1, 1, 256, "Reloads at once")),
      NotYet(Bool("server.pgwire.enabled", false, "PostgreSQL port")),
      Text("server.pgwire.listen", "127.0.0.1", "Address of the PostgreSQL port"),
      Integer("server.pgwire.port", 5432, 0, kPortMax, "Port of the PostgreSQL port"),
      Text("server.pgwire.username", "datapress", "User of the PostgreSQL port"),
      Secret(Text("server.pgwire.password", "", "Password of the PostgreSQL port")),
      Text("server.pgwire.tls_cert", "", "Certificate of the PostgreSQL port"),
      Text("server.pgwire.tls_key", "", "Key of the PostgreSQL port"),
      NotYet(Bool("server.quack.enabled", false, "DuckDB remote port")),
      Text("server.quack.uri", "quack:localhost", "Address of the DuckDB remote port"),
      Secret(Text("server.quack.token", "", "Token of the DuckDB remote port")),
      Bool("server.quack.allow_other_hostname", false, "Names of the DuckDB remote port"),
      Bool("server.quack.read_only", true, "Whether the DuckDB remote port only reads"),
  };
}

std::vector<Setting> PeerFeatureSettings() {
  return {
      NotYet(Bool("swagger.enabled", false, "Interactive API page")),
      Text("swagger.path", "/docs", "Path of the API page"),
      Text("swagger.oauth2_issuer", "", "Login of the API page"),
      Text("swagger.oauth2_client_id", "", "Login of the API page"),
      List("swagger.oauth2_scopes", "Login of the API page"),
      Bool("swagger.oauth2_pkce", true, "Login of the API page"),
      NotYet(Bool("explorer.enabled", false, "Browser page over the data")),
      Text("explorer.path", "/explore", "Path of the browser page"),
      Text("explorer.oauth2_issuer", "", "Login of the browser page"),
      Text("explorer.oauth2_client_id", "", "Login of the browser page"),
      List("explorer.oauth2_scopes", "Login of the browser page"),
      Bool("explorer.oauth2_pkce", true, "Login of the browser page"),
      NotYet(Bool("docs.enabled", false, "Manual served by the server")),
      Text("docs.path", "/mkdocs", "Path of the manual"),
      Bool("sql.enabled", false, "Take SQL text over HTTP"),
      Integer("sql.max_rows", 100'000, 1, 10'000'000, "Largest SQL answer over HTTP, in rows"),
      NotYet(Bool("mcp.enabled", false, "Model Context Protocol port")),
      Text("mcp.path", "/mcp", "Path of the Model Context Protocol port"),
      Bool("auth.enabled", false, "OpenID Connect; refused while it is not supported"),
      Text("auth.issuer", "", "OpenID Connect issuer"),
      Text("auth.audience", "", "Audience that tokens must name"),
      List("auth.read_scopes", "Scopes for reading"),
      List("auth.reload_scopes", "Scopes for reloading"),
      Bool("auth.anonymous_read", false, "Reading without a token"),
      List("auth.algorithms", "Signature algorithms that are taken"),
      Integer("auth.leeway_secs", 60, 0, 86'400, "Clock difference that is accepted, in seconds"),
      Integer("auth.jwks_refresh_secs", 3600, 1, 31'536'000,
              "Age of the issuer's keys, in seconds"),
      Text("auth.tenant_claim", "", "JSON pointer to the tenant inside a token"),
      List("auth.allowed_tenants", "Tenants that may read"),
      Bool("auth.admin_token_fallback", true, "Take the admin token beside OpenID Connect"),
      Bool("auth.start_degraded", true, "Start although the issuer cannot be reached"),
      NotYet(Bool("datafusion.pushdown_filters", false, "Setting of another engine")),
      NotYet(Bool("datafusion.reorder_filters", false, "Setting of another engine")),
      NotYet(Bool("datafusion.list_files_cache", false, "Setting of another engine")),
      Integer("datafusion.list_files_cache_mb", 64, 0, INT64_MAX, "Setting of another engine"),
      Integer("datafusion.list_files_cache_ttl_secs", 60, 0, INT64_MAX,
              "Setting of another engine"),
  };
}

std::vector<Setting> Join(std::vector<std::vector<Setting>> parts) {
  std::vector<Setting> all;
  for (auto& part : parts) {
    all.insert(all.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
  }
  return all;
}

}  // namespace

std::span<const Setting> ServerSettings() {
  static const auto* const settings = new std::vector<Setting>(
      Join({ListenerSettings(), OwnSettings(), PeerServerSettings(), PeerFeatureSettings()}));
  return *settings;
}

std::span<const std::string_view> OpenSections() {
  static constexpr std::array<std::string_view, 1> kSections = {"server.storage"};
  return kSections;
}

std::span<const Setting> DatasetEntrySettings() {
  static const auto* const settings = new std::vector<Setting>{
      Text("dataset.name", "", "Name in every port: letters, digits, '_', '.', '-'"),
      Text("dataset.description", "", "Free text"),
      Choice("dataset.source.kind", "parquet", {"parquet", "delta", "query"},
             "Parquet files or a Delta table"),
      Text("dataset.source.location", "", "Table folder, file, folder of files, glob, or URI"),
      Text("dataset.source.sql", "", "Text of a query dataset"),
      List("dataset.source.depends_on", "Datasets that a query dataset reads"),
      List("dataset.columns", "The columns that are visible, in this order; []: all"),
      List("dataset.projection_filter.include", "The columns that are visible"),
      List("dataset.projection_filter.exclude", "Columns that are hidden"),
      List("dataset.predicate_filter.include", "The columns that predicates may name"),
      List("dataset.predicate_filter.exclude", "Columns that predicates may not name"),
      Bool("dataset.lazy", false, "Shown in the status; every dataset is read from its files"),
      Choice("dataset.on_start", "eager", {"eager", "lazy", "skip"}, "skip: leave the dataset out"),
      Bool("dataset.dict_encode", true, "Setting of resident datasets; has no effect on files"),
      Choice("dataset.index.mode", "auto", {"auto", "all", "list", "none"},
             "Which columns get an equality index; has no effect on answers"),
      List("dataset.index.columns", "Columns with an equality index"),
      Integer("dataset.index.max_cardinality", 0, 0, INT64_MAX, "Limit of an equality index"),
      NotYet(Text("dataset.s3.region", "", "Region of the bucket")),
      NotYet(Text("dataset.s3.endpoint", "", "Endpoint of the bucket")),
      Choice("dataset.s3.addressing_style", "virtual", {"virtual", "path"}, "Form of bucket URLs"),
      NotYet(Bool("dataset.s3.allow_http", false, "Plain HTTP to the bucket")),
      Secret(NotYet(Text("dataset.s3.access_key_id", "", "Key of the bucket"))),
      Secret(NotYet(Text("dataset.s3.secret_access_key", "", "Secret of the bucket"))),
      Secret(NotYet(Text("dataset.s3.session_token", "", "Session of the bucket"))),
      Text("dataset.s3.partitioning", "auto", "Reading of partition folders"),
      Text("dataset.s3.endpoint_bucket_in_host", "auto", "Form of bucket URLs"),
      NotYet(Text("dataset.s3.credentials_provider", "", "Source of the bucket's key")),
      NotYet(Text("dataset.refresh.interval", "", "Time between reloads")),
      NotYet(Bool("dataset.refresh.on_upstream_reload", false, "Reload after its sources")),
      Text("dataset.refresh.timeout", "", "Time for a scheduled reload"),
      Text("dataset.refresh.jitter", "", "Spread of scheduled reloads"),
      Text("dataset.refresh.debounce", "", "Quiet time before a reload"),
      NotYet(Text("dataset.materialize.residency", "", "Where a query dataset is kept")),
      NotYet(List("dataset.materialize.sort_by", "Order of a query dataset")),
      NotYet(Bool("dataset.materialize.reuse_on_start", false, "Keep a query dataset")),
  };
  return *settings;
}

}  // namespace deltaport::lake
