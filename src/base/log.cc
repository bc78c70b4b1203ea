#include "base/log.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/letter_case.h"

namespace deltaport::log {
namespace {

std::atomic<Level> minimum_level = Level::kInfo;
std::atomic<Format> line_format = Format::kText;

constexpr std::array<std::string_view, 5> kLevelNames = {"debug", "info", "warning", "error",
                                                         "off"};

spdlog::logger& StandardError() {
  // Never destroyed: threads may log while the process ends.
  static auto* logger = [] {
    auto* made = new spdlog::logger("deltaport", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

bool EndsWithSecretWord(std::string_view key) {
  for (const std::string_view word :
       {"password", "token", "secret", "authorization", "access_key", "credential", "api_key"}) {
    if (key.size() >= word.size() &&
        EqualsIgnoringCase(key.substr(key.size() - word.size()), word)) {
      return true;
    }
  }
  return false;
}

void AppendTime(int64_t time_ms, std::string& out) {
  const std::time_t seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                 parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                 parts.tm_sec, time_ms % 1000);
}

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '\\' || c == '=' || c == 0x7f) {
      return true;
    }
  }
  return false;
}

void AppendValue(Format format, const Field& field, std::string& out) {
  if (EndsWithSecretWord(field.key())) {
    out += format == Format::kJson ? "\"***\"" : "***";
    return;
  }
  if (const auto* text = std::get_if<std::string_view>(&field.value())) {
    if (format == Format::kJson || NeedsQuotes(*text)) {
      AppendQuoted(*text, out);
    } else {
      out += *text;
    }
  } else if (const auto* whole = std::get_if<int64_t>(&field.value())) {
    out += std::to_string(*whole);
  } else if (const auto* real = std::get_if<double>(&field.value())) {
    if (std::isfinite(*real)) {
      out += fmt::format("{:.6g}", *real);
    } else {
      out += "null";
    }
  } else {
    out += std::get<bool>(field.value()) ? "true" : "false";
  }
}

std::string TextLine(Level level, int64_t time_ms, std::string_view message, Fields fields) {
  std::string line;
  AppendTime(time_ms, line);
  fmt::format_to(std::back_inserter(line), " {:7} ", kLevelNames[static_cast<size_t>(level)]);
  for (const char c : message) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  for (const Field& field : fields) {
    line += ' ';
    line += field.key();
    line += '=';
    AppendValue(Format::kText, field, line);
  }
  return line;
}

std::string JsonLine(Level level, int64_t time_ms, std::string_view message, Fields fields) {
  std::string line = R"({"time":")";
  AppendTime(time_ms, line);
  line += R"(","level":")";
  line += kLevelNames[static_cast<size_t>(level)];
  line += R"(","message":)";
  AppendQuoted(message, line);
  for (const Field& field : fields) {
    line += ',';
    AppendQuoted(field.key(), line);
    line += ':';
    AppendValue(Format::kJson, field, line);
  }
  line += '}';
  return line;
}

}  // namespace

Result<Level> ParseLevel(std::string_view text) {
  if (EqualsIgnoringCase(text, "warn")) return Level::kWarning;
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (EqualsIgnoringCase(text, kLevelNames[i])) return static_cast<Level>(i);
  }
  return deltaport::Error(ErrorCode::kInvalidArgument,
                          "log level '{}' is unknown: use debug, info, warning, error or off",
                          text);
}

Result<Format> ParseFormat(std::string_view text) {
  if (EqualsIgnoringCase(text, "text")) return Format::kText;
  if (EqualsIgnoringCase(text, "json")) return Format::kJson;
  return deltaport::Error(ErrorCode::kInvalidArgument,
                          "log format '{}' is unknown: use text or json", text);
}

void Configure(Level level, Format format) {
  minimum_level = level;
  line_format = format;
}

bool Enabled(Level level) {
  return level != Level::kOff && level >= minimum_level.load(std::memory_order_relaxed);
}

void Write(Level level, std::string_view message, Fields fields) {
  if (!Enabled(level)) return;
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
  const std::string line = FormatLine(line_format.load(), level, now_ms, message, fields);
  StandardError().log(spdlog::level::info, spdlog::string_view_t(line));
}

std::string FormatLine(Format format, Level level, int64_t time_ms, std::string_view message,
                       Fields fields) {
  return format == Format::kJson ? JsonLine(level, time_ms, message, fields)
                                 : TextLine(level, time_ms, message, fields);
}

}  // namespace deltaport::log
