// Structured log lines on standard error: a message and key=value fields, as text or as JSON.
//
// Thread-safe. Field names that hold secrets (password, token, secret, authorization, …) are
// written as "***", whatever their value.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/error.h"

namespace deltaport::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };
enum class Format { kText, kJson };

// "debug", "info", "warning" (or "warn"), "error", "off"; kInvalidArgument names what is allowed.
Result<Level> ParseLevel(std::string_view text);
// "text" or "json".
Result<Format> ParseFormat(std::string_view text);

// One key=value pair; `key` must outlive the call that logs it.
class Field {
 public:
  using Value = std::variant<std::string_view, int64_t, double, bool>;

  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const std::string& value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, const char* value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, bool value) : key_(key), value_(value) {}
  Field(std::string_view key, double value) : key_(key), value_(value) {}
  template <typename T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  Field(std::string_view key, T value) : key_(key), value_(static_cast<int64_t>(value)) {}

  std::string_view key() const { return key_; }
  const Value& value() const { return value_; }

 private:
  std::string_view key_;
  Value value_;
};
using Fields = std::initializer_list<Field>;

// Default: kInfo, kText. Call before other threads log.
void Configure(Level level, Format format);

bool Enabled(Level level);

// Writes one line if `level` is enabled.
void Write(Level level, std::string_view message, Fields fields = {});

inline void Debug(std::string_view message, Fields fields = {}) {
  Write(Level::kDebug, message, fields);
}
inline void Info(std::string_view message, Fields fields = {}) {
  Write(Level::kInfo, message, fields);
}
inline void Warning(std::string_view message, Fields fields = {}) {
  Write(Level::kWarning, message, fields);
}
inline void Error(std::string_view message, Fields fields = {}) {
  Write(Level::kError, message, fields);
}

// The line without its end, as Write() makes it. `time_ms` is since the Unix epoch.
std::string FormatLine(Format format, Level level, int64_t time_ms, std::string_view message,
                       Fields fields);

}  // namespace deltaport::log
