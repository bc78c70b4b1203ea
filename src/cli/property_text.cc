#include "cli/property_text.h"

namespace deltaport::cli {

Result<std::map<std::string, std::string>> ParsePairs(const std::vector<std::string>& texts,
                                                      std::string_view what) {
  std::map<std::string, std::string> pairs;
  for (const auto& text : texts) {
    const size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Error(ErrorCode::kInvalidArgument, "{} '{}' is not of the form NAME=VALUE", what,
                   text);
    }
    if (!pairs.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
      return Error(ErrorCode::kInvalidArgument, "{} '{}' stands twice", what,
                   text.substr(0, equals));
    }
  }
  return pairs;
}

}  // namespace deltaport::cli
