#include "delta/statistics_scanner.h"

#include <bit>
#include <charconv>
#include <cstring>

namespace deltaport::delta {
namespace {

constexpr int kDepthMax = 32;

// The high bit of each byte of `word` that ends a plain run of a string: a quote, a backslash, a
// control character, or one outside ASCII. Bits above the lowest one may be wrong.
uint64_t SpecialBytes(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101U;
  constexpr uint64_t kHighs = 0x8080808080808080U;
  const auto zero = [](uint64_t value) { return (value - kOnes) & ~value; };
  const uint64_t quote = zero(word ^ (kOnes * '"'));
  const uint64_t backslash = zero(word ^ (kOnes * '\\'));
  const uint64_t control = (word - kOnes * 0x20U) & ~word;
  return (quote | backslash | control | word) & kHighs;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Strict: whatever it accepts is valid JSON. Every function returns false where it gives up.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  // Calls visit(name) with the scanner before each member's value, which it must pass.
  template <typename Visit>
  bool Members(int depth, const Visit& visit) {
    if (depth > kDepthMax || !Pass('{')) return false;
    SkipBlank();
    if (Pass('}')) return true;
    while (true) {
      std::string_view name;
      SkipBlank();
      if (!String(name)) return false;
      SkipBlank();
      if (!Pass(':')) return false;
      SkipBlank();
      if (!visit(name)) return false;
      SkipBlank();
      if (Pass('}')) return true;
      if (!Pass(',')) return false;
    }
  }

  bool Value(int depth, StatisticsValue& value) {
    if (at_ == end_) return false;
    switch (*at_) {
      case '"': {
        std::string_view text;
        if (!String(text)) return false;
        value.text = text;
        return true;
      }
      case '{':
        return Members(depth + 1, [&](std::string_view /*name*/) { return SkipValue(depth + 1); });
      case '[':
        return Elements(depth + 1);
      case 't':
        return Word("true");
      case 'f':
        return Word("false");
      case 'n':
        return Word("null");
      default:
        return Number(value);
    }
  }

  bool SkipValue(int depth) {
    StatisticsValue ignored;
    return Value(depth, ignored);
  }

  bool AtObject() const { return at_ != end_ && *at_ == '{'; }

  bool AtEnd() {
    SkipBlank();
    return at_ == end_;
  }

  void SkipBlank() {
    // Writers leave none.
    if (at_ != end_ && static_cast<unsigned char>(*at_) <= ' ') SkipBlanks();
  }

 private:
  void SkipBlanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  bool Pass(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool Word(std::string_view word) {
    if (!std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool String(std::string_view& text) {
    if (!Pass('"')) return false;
    const char* const begin = at_;
    while (std::endian::native == std::endian::little && end_ - at_ >= 8) {
      uint64_t word = 0;
      std::memcpy(&word, at_, sizeof(word));
      const uint64_t special = SpecialBytes(word);
      if (special != 0) {
        at_ += std::countr_zero(special) / 8;
        break;
      }
      at_ += sizeof(word);
    }
    while (at_ != end_ && *at_ != '"') {
      const auto c = static_cast<unsigned char>(*at_);
      if (c < 0x20 || c >= 0x80 || c == '\\') return false;
      ++at_;
    }
    text = {begin, static_cast<size_t>(at_ - begin)};
    return Pass('"');
  }

  bool Digits() {
    const char* const begin = at_;
    while (at_ != end_ && IsDigit(*at_)) ++at_;
    return at_ != begin;
  }

  bool Number(StatisticsValue& value) {
    const char* const begin = at_;
    Pass('-');
    if (!Pass('0') && !Digits()) return false;
    if (Pass('.') && !Digits()) return false;
    if (Pass('e') || Pass('E')) {
      if (!Pass('+')) Pass('-');
      if (!Digits()) return false;
    }
    value.number = std::string_view(begin, static_cast<size_t>(at_ - begin));
    return true;
  }

  bool Elements(int depth) {
    if (depth > kDepthMax || !Pass('[')) return false;
    SkipBlank();
    if (Pass(']')) return true;
    while (true) {
      SkipBlank();
      if (!SkipValue(depth)) return false;
      SkipBlank();
      if (Pass(']')) return true;
      if (!Pass(',')) return false;
    }
  }

  const char* at_;
  const char* const end_;
};

// A member that is looked for, and where it goes.
class Wanted {
 public:
  Wanted(std::string_view name, StatisticsValue& value) : name_(name), value_(value) {}

  // True if this is the first of that name.
  bool Take(std::string_view name) {
    if (found_ || name != name_) return false;
    found_ = true;
    return true;
  }
  StatisticsValue& value() { return value_; }

 private:
  std::string_view name_;
  StatisticsValue& value_;
  bool found_ = false;
};

bool ScanColumn(Scanner& scanner, std::string_view column, StatisticsValue& value) {
  Wanted wanted(column, value);
  return scanner.Members(1, [&](std::string_view name) {
    return wanted.Take(name) ? scanner.Value(1, wanted.value()) : scanner.SkipValue(1);
  });
}

}  // namespace

std::optional<ColumnEntries> ScanStatistics(std::string_view text, std::string_view column) {
  ColumnEntries entries;
  Wanted groups[] = {{"minValues", entries.min_value},
                     {"maxValues", entries.max_value},
                     {"nullCount", entries.null_count}};
  Scanner scanner(text);
  scanner.SkipBlank();
  const bool plain = scanner.Members(0, [&](std::string_view name) {
    for (Wanted& group : groups) {
      if (!group.Take(name)) continue;
      return scanner.AtObject() ? ScanColumn(scanner, column, group.value()) : scanner.SkipValue(0);
    }
    return scanner.SkipValue(0);
  });
  if (!plain || !scanner.AtEnd()) return std::nullopt;
  return entries;
}

std::optional<StatisticsValue> ScanRecordCount(std::string_view text) {
  StatisticsValue count;
  Wanted wanted("numRecords", count);
  Scanner scanner(text);
  scanner.SkipBlank();
  const bool plain = scanner.Members(0, [&](std::string_view name) {
    return wanted.Take(name) ? scanner.Value(0, wanted.value()) : scanner.SkipValue(0);
  });
  if (!plain || !scanner.AtEnd()) return std::nullopt;
  return count;
}

std::optional<int64_t> IntegerIn(const StatisticsValue& value) {
  if (!value.number) return std::nullopt;
  const char* const end = value.number->data() + value.number->size();
  int64_t integer = 0;
  const auto [last, error] = std::from_chars(value.number->data(), end, integer);
  return error == std::errc() && last == end ? std::optional(integer) : std::nullopt;
}

}  // namespace deltaport::delta
