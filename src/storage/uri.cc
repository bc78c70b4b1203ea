#include "storage/uri.h"

namespace deltaport::storage {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsKept(char c) {
  return IsLetter(c) || IsDigit(c) || std::string_view("-_.~/=").find(c) != std::string_view::npos;
}

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string PercentEncode(std::string_view path) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(path.size());
  for (const char c : path) {
    if (IsKept(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHex[byte >> 4];
    encoded += kHex[byte & 15];
  }
  return encoded;
}

Result<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
    if (high < 0 || low < 0 || (high == 0 && low == 0)) {
      return Error(ErrorCode::kInvalidArgument, "'{}' has a '%' that is not followed by two digits",
                   text);
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string UriScheme(std::string_view text) {
  std::string scheme;
  for (const char c : text) {
    if (c == ':') return scheme;
    const bool allowed =
        IsLetter(c) || (!scheme.empty() && (IsDigit(c) || c == '+' || c == '.' || c == '-'));
    if (!allowed) return {};
    scheme += IsLetter(c) ? static_cast<char>(c | 0x20) : c;
  }
  return {};
}

Result<std::string> FileUriPath(std::string_view uri) {
  std::string_view path = uri.substr(std::string_view("file:").size());
  if (path.starts_with("//")) {
    path.remove_prefix(2);
    const auto slash = path.find('/');
    const std::string_view host = path.substr(0, slash);
    if (!host.empty() && host != "localhost") {
      return Error(ErrorCode::kInvalidArgument,
                   "'{}' names the host '{}'; a file URI starts with file:///", uri, host);
    }
    path = slash == std::string_view::npos ? std::string_view("/") : path.substr(slash);
  }
  if (!path.starts_with('/')) {
    return Error(ErrorCode::kInvalidArgument, "'{}' is not absolute; write file:///path", uri);
  }
  if (path.find_first_of("?#") != std::string_view::npos) {
    return Error(ErrorCode::kInvalidArgument, "'{}' has a '?' or '#'; write %3F or %23", uri);
  }
  return PercentDecode(path);
}

}  // namespace deltaport::storage
