// deltaport serve: the lake over HTTP until a signal ends it.

#include <cctype>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/command.h"
#include "cli/lake_selection.h"
#include "cli/server_routes.h"
#include "lake/configuration.h"
#include "lake/server_settings.h"
#include "ports/wire/server.h"

namespace deltaport::cli {
namespace {

struct ServeOptions {
  std::string config_file;
  std::vector<std::string> directories;
  std::map<std::string, std::string> flags;  // Setting key → text.
};

std::chrono::milliseconds Milliseconds(const lake::Configuration& configuration,
                                       std::string_view key) {
  return std::chrono::milliseconds(configuration.Integer(key));
}

ports::wire::ServerOptions MakeServerOptions(const lake::Configuration& configuration) {
  const auto number = [&](std::string_view key) {
    return static_cast<int>(configuration.Integer(key));
  };
  ports::wire::ServerOptions options;
  options.address = configuration.Text("server.listen");
  if (options.address == "localhost") options.address = "127.0.0.1";
  options.port = static_cast<uint16_t>(configuration.Integer("server.port"));
  options.io_threads = number("server.io_threads");
  options.worker_threads = number("server.worker_threads") > 0 ? number("server.worker_threads")
                                                               : number("server.workers");
  options.worker_queue_max = number("server.worker_queue_max");
  options.connections_max = number("server.max_connections");
  options.streams_max = number("server.max_streams");
  options.header_max_bytes = configuration.Integer("server.max_header_bytes");
  options.body_max_bytes = configuration.Integer("server.max_body_bytes");
  options.request_timeout = Milliseconds(configuration, "server.request_timeout_ms");
  options.read_timeout = Milliseconds(configuration, "server.read_timeout_ms");
  options.idle_timeout = Milliseconds(configuration, "server.idle_timeout_ms");
  options.shutdown_timeout =
      std::chrono::seconds(configuration.Integer("server.shutdown_timeout_secs"));
  options.stream_buffer_bytes = configuration.Integer("server.stream_buffer_bytes");
  options.compress = configuration.Bool("server.compress");
  options.load = std::make_shared<ports::wire::ServerLoad>();
  return options;
}

Status ConfigureLog(const lake::Configuration& configuration) {
  ARROW_ASSIGN_OR_RAISE(const auto level, log::ParseLevel(configuration.Text("log.level")));
  ARROW_ASSIGN_OR_RAISE(const auto format, log::ParseFormat(configuration.Text("log.format")));
  log::Configure(level, format);
  return Status::OK();
}

// For people and scripts alike: the first line always has this form.
void PrintAddress(const std::string& address, uint16_t port, const std::string& prefix) {
  const bool is_v6 = address.find(':') != std::string::npos;
  std::printf("Deltaport %s listening on http://%s%s%s:%u%s\n", DELTAPORT_VERSION, is_v6 ? "[" : "",
              address.c_str(), is_v6 ? "]" : "", port, prefix.c_str());
  std::fflush(stdout);
}

Status RunServe(const ServeOptions& serve, const CancelToken& token) {
  std::signal(SIGPIPE, SIG_IGN);  // A client that leaves is an error code of a write.
  lake::ConfigurationSources sources;
  if (!serve.config_file.empty()) sources.file = serve.config_file;
  sources.search_for_file = serve.directories.empty();
  sources.environment = lake::ProcessEnvironment();
  sources.flags = serve.flags;
  ARROW_ASSIGN_OR_RAISE(const auto configuration, lake::Configuration::Load(sources));
  ARROW_RETURN_NOT_OK(ConfigureLog(configuration));
  ARROW_RETURN_NOT_OK(configuration.CheckServing());
  for (const std::string& warning : configuration.warnings()) log::Warning(warning);
  ARROW_ASSIGN_OR_RAISE(auto lake_options, configuration.ToLakeOptions(serve.directories));
  if (lake_options.datasets.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "there is nothing to serve: name folders with tables (deltaport serve ./lake), or "
                 "a configuration file with datasets (--config FILE)");
  }
  ARROW_ASSIGN_OR_RAISE(const std::shared_ptr<lake::Lake> lake,
                        lake::Lake::Open(std::move(lake_options)));
  const ports::wire::ServerOptions options = MakeServerOptions(configuration);
  ServedRoutes served = MakeServedRoutes(lake, configuration, options.load);
  ARROW_ASSIGN_OR_RAISE(
      const auto server,
      ports::wire::Server::Bind(options, std::move(served.routes), std::move(served.observer)));
  const auto stopping = token.OnCancel([&server] { server->Shutdown(); });
  PrintAddress(options.address, server->port(), configuration.Text("server.prefix"));
  ARROW_RETURN_NOT_OK(server->Run());
  log::Info("server stopped");
  return Status::OK();
}

}  // namespace

void AddServeCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "Serve a lake over HTTP");
  command->add_option("FOLDER", options->directories, "Folders whose tables become datasets");
  command->add_option("--config", options->config_file,
                      "Configuration file (TOML); searched for if no folder is named");
  for (const Setting& setting : lake::ServerSettings()) {
    if (setting.flag.empty()) continue;
    const std::string key(setting.key);
    const std::string flag(setting.flag);
    const std::string description(setting.description);
    if (setting.kind == SettingKind::kBool) {
      command->add_flag_callback(
          flag, [options, key] { options->flags[key] = "true"; }, description);
      continue;
    }
    command->add_option_function<std::string>(
        flag, [options, key](const std::string& text) { options->flags[key] = text; }, description);
  }
  command->footer(
      "Examples:\n"
      "  deltaport serve ./lake\n"
      "  deltaport serve --config deltaport.toml --port 0\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunServe(*options, token); };
  });
}

}  // namespace deltaport::cli
