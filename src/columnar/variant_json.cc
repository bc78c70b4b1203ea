#include "columnar/variant_json.h"

#include <cmath>
#include <cstring>

#include <arrow/util/base64.h>
#include <arrow/util/decimal.h>

#include "columnar/json_string.h"
#include "columnar/number_text.h"
#include "columnar/temporal_text.h"

namespace deltaport::columnar {
namespace {

constexpr int kVariantDepthMax = 500;
constexpr size_t kJsonBytesMax = size_t{128} << 20;
constexpr int kDecimalScaleMax = 38;
constexpr size_t kNumberTextMax = 32;

Status DamagedVariant(std::string_view what) {
  return Error(ErrorCode::kCorruptTable, "a variant is damaged: {}", what);
}

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

// Takes bytes from the front of a text.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  std::string_view rest() const { return rest_; }

  Result<std::string_view> Take(uint64_t size) {
    if (size > rest_.size()) return DamagedVariant("it ends too early");
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  // An unsigned number of 1 to 8 bytes.
  Result<uint64_t> TakeNumber(size_t size) {
    ARROW_ASSIGN_OR_RAISE(const auto bytes, Take(size));
    return LittleEndian(bytes);
  }
  template <typename Number>
  Result<Number> TakeFixed() {
    ARROW_ASSIGN_OR_RAISE(const auto bytes, Take(sizeof(Number)));
    Number number;
    std::memcpy(&number, bytes.data(), sizeof(Number));
    return number;
  }

 private:
  std::string_view rest_;
};

// Where the elements of an array or object are: `offsets` has one more than there are elements.
struct Elements {
  size_t count = 0;
  std::string_view ids;  // Of objects.
  size_t id_bytes = 0;
  std::string_view offsets;
  size_t offset_bytes = 0;
  std::string_view values;

  uint64_t id(size_t i) const { return LittleEndian(ids.substr(i * id_bytes, id_bytes)); }
  uint64_t offset(size_t i) const {
    return LittleEndian(offsets.substr(i * offset_bytes, offset_bytes));
  }
};

constexpr int kBasicTypeBits = 2;
constexpr int kObject = 2;
constexpr int kArray = 3;

Result<Elements> ParseElements(int header, bool object, std::string_view body) {
  Bytes bytes(body);
  Elements elements;
  elements.offset_bytes = static_cast<size_t>(header & 3) + 1;
  elements.id_bytes = object ? static_cast<size_t>(header >> 2 & 3) + 1 : 0;
  const bool large = (header >> (object ? 4 : 2) & 1) != 0;
  ARROW_ASSIGN_OR_RAISE(elements.count, bytes.TakeNumber(large ? 4 : 1));
  ARROW_ASSIGN_OR_RAISE(elements.ids, bytes.Take(elements.count * elements.id_bytes));
  ARROW_ASSIGN_OR_RAISE(elements.offsets, bytes.Take((elements.count + 1) * elements.offset_bytes));
  ARROW_ASSIGN_OR_RAISE(elements.values, bytes.Take(elements.offset(elements.count)));
  return elements;
}

template <typename Put, typename... Arguments>
void AppendPut(std::string& out, size_t size_max, Put put, Arguments... arguments) {
  const size_t size = out.size();
  out.resize(size + size_max);
  const char* end = put(out.data() + size, arguments...);
  out.resize(static_cast<size_t>(end - out.data()));
}

void AppendQuotedUuid(std::string_view bytes, std::string& out) {
  out += '"';
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
  }
  out += '"';
}

class Writer {
 public:
  Writer(const VariantNames& names, size_t size_bytes, std::string& out)
      : names_(names), budget_(size_bytes), out_(out) {}

  Status Append(std::string_view value, int depth) {
    if (depth > kVariantDepthMax) {
      return DamagedVariant(fmt::format("it is nested more than {} levels deep", kVariantDepthMax));
    }
    if (out_.size() > kJsonBytesMax) {
      return Error(ErrorCode::kResourceExhausted, "a variant has more than {} bytes as JSON",
                   kJsonBytesMax);
    }
    Bytes bytes(value);
    ARROW_ASSIGN_OR_RAISE(const auto head, bytes.TakeNumber(1));
    const int header = static_cast<int>(head) >> kBasicTypeBits;
    switch (head & 3) {
      case 0:
        return AppendPrimitive(header, bytes);
      case 1: {
        ARROW_ASSIGN_OR_RAISE(const auto text, bytes.Take(static_cast<size_t>(header)));
        ARROW_RETURN_NOT_OK(Spend(text.size() + 1));
        AppendVariantText(text, out_);
        return Status::OK();
      }
      case kObject: {
        ARROW_ASSIGN_OR_RAISE(const auto elements, ParseElements(header, true, bytes.rest()));
        return AppendObject(elements, depth);
      }
      default: {
        ARROW_ASSIGN_OR_RAISE(const auto elements, ParseElements(header, false, bytes.rest()));
        return AppendArray(elements, depth);
      }
    }
  }

 private:
  // Elements that share bytes would make a small value an endless text.
  Status Spend(uint64_t bytes) {
    if (bytes > budget_) return DamagedVariant("its elements overlap");
    budget_ -= bytes;
    return Status::OK();
  }

  Status AppendElement(const Elements& elements, size_t i, int depth) {
    const uint64_t offset = elements.offset(i);
    if (offset > elements.values.size()) return DamagedVariant("an offset lies outside");
    return Append(elements.values.substr(offset), depth + 1);
  }

  Status AppendObject(const Elements& elements, int depth) {
    ARROW_RETURN_NOT_OK(Spend(1 + elements.ids.size() + elements.offsets.size()));
    out_ += '{';
    for (size_t i = 0; i < elements.count; ++i) {
      const uint64_t id = elements.id(i);
      if (id >= names_.size()) return DamagedVariant("a field has no name");
      if (i > 0) out_ += ',';
      AppendVariantText(names_[id], out_);
      out_ += ':';
      ARROW_RETURN_NOT_OK(AppendElement(elements, i, depth));
    }
    out_ += '}';
    return Status::OK();
  }

  Status AppendArray(const Elements& elements, int depth) {
    ARROW_RETURN_NOT_OK(Spend(1 + elements.offsets.size()));
    out_ += '[';
    for (size_t i = 0; i < elements.count; ++i) {
      if (i > 0) out_ += ',';
      ARROW_RETURN_NOT_OK(AppendElement(elements, i, depth));
    }
    out_ += ']';
    return Status::OK();
  }

  template <typename Integer>
  Status AppendInteger(Bytes& bytes) {
    ARROW_ASSIGN_OR_RAISE(const auto value, bytes.TakeFixed<Integer>());
    AppendPut(out_, kNumberTextMax, PutSigned, static_cast<int64_t>(value));
    return Status::OK();
  }

  // One byte of scale, then the digits as a number of `size` bytes.
  Status AppendDecimal(Bytes& bytes, size_t size) {
    ARROW_ASSIGN_OR_RAISE(const auto scale, bytes.TakeNumber(1));
    ARROW_ASSIGN_OR_RAISE(const auto digits, bytes.Take(size));
    if (scale > kDecimalScaleMax) return DamagedVariant("a decimal has more than 38 digits");
    const bool negative = (static_cast<unsigned char>(digits.back()) & 0x80) != 0;
    uint8_t extended[16];
    std::memset(extended, negative ? 0xFF : 0, sizeof(extended));
    std::memcpy(extended, digits.data(), size);
    const arrow::Decimal128 decimal(extended);
    // ToString would write some numbers with an exponent.
    std::string text = decimal.ToIntegerString();
    const size_t sign = text.front() == '-' ? 1 : 0;
    if (text.size() - sign <= scale) text.insert(sign, scale + 1 - (text.size() - sign), '0');
    if (scale > 0) text.insert(text.size() - scale, ".");
    out_ += text;
    return Status::OK();
  }

  Result<std::string_view> TakeSized(Bytes& bytes) {
    ARROW_ASSIGN_OR_RAISE(const auto size, bytes.TakeNumber(4));
    ARROW_RETURN_NOT_OK(Spend(size));
    return bytes.Take(size);
  }

  Status AppendInstant(Bytes& bytes, bool nanoseconds, bool utc) {
    ARROW_ASSIGN_OR_RAISE(const auto value, bytes.TakeFixed<int64_t>());
    AppendVariantTimestamp(value, nanoseconds, utc, out_);
    return Status::OK();
  }

  Status AppendPrimitive(int type, Bytes& bytes) {
    ARROW_RETURN_NOT_OK(Spend(1));
    switch (type) {
      case 0:
        out_ += "null";
        return Status::OK();
      case 1:
      case 2:
        out_ += type == 1 ? "true" : "false";
        return Status::OK();
      case 3:
        return AppendInteger<int8_t>(bytes);
      case 4:
        return AppendInteger<int16_t>(bytes);
      case 5:
        return AppendInteger<int32_t>(bytes);
      case 6:
        return AppendInteger<int64_t>(bytes);
      case 8:
        return AppendDecimal(bytes, 4);
      case 9:
        return AppendDecimal(bytes, 8);
      case 10:
        return AppendDecimal(bytes, 16);
      default:
        return AppendOtherPrimitive(type, bytes);
    }
  }

  Status AppendOtherPrimitive(int type, Bytes& bytes) {
    switch (type) {
      case 7: {
        ARROW_ASSIGN_OR_RAISE(const auto value, bytes.TakeFixed<double>());
        AppendVariantDouble(value, out_);
        return Status::OK();
      }
      case 11: {
        ARROW_ASSIGN_OR_RAISE(const auto days, bytes.TakeFixed<int32_t>());
        AppendVariantDate(days, out_);
        return Status::OK();
      }
      case 12:
      case 13:
        return AppendInstant(bytes, false, type == 12);
      case 14: {
        ARROW_ASSIGN_OR_RAISE(const auto value, bytes.TakeFixed<float>());
        AppendVariantFloat(value, out_);
        return Status::OK();
      }
      case 15: {
        ARROW_ASSIGN_OR_RAISE(const auto binary, TakeSized(bytes));
        AppendVariantBinary(binary, out_);
        return Status::OK();
      }
      case 16: {
        ARROW_ASSIGN_OR_RAISE(const auto text, TakeSized(bytes));
        AppendVariantText(text, out_);
        return Status::OK();
      }
      case 17: {
        ARROW_ASSIGN_OR_RAISE(const auto microseconds, bytes.TakeFixed<int64_t>());
        AppendVariantTime(microseconds, out_);
        return Status::OK();
      }
      case 18:
      case 19:
        return AppendInstant(bytes, true, type == 18);
      case 20: {
        ARROW_ASSIGN_OR_RAISE(const auto uuid, bytes.Take(16));
        AppendQuotedUuid(uuid, out_);
        return Status::OK();
      }
      default:
        return Error(ErrorCode::kUnsupportedFeature, "variants of the type {} are not supported",
                     type);
    }
  }

  const VariantNames& names_;
  uint64_t budget_;  // Bytes of the value that have not been used yet.
  std::string& out_;
};

}  // namespace

Result<VariantNames> VariantNames::Parse(std::string_view metadata) {
  Bytes bytes(metadata);
  ARROW_ASSIGN_OR_RAISE(const auto header, bytes.TakeNumber(1));
  if ((header & 0xF) != 1) {
    return Error(ErrorCode::kUnsupportedFeature, "variants of version {} are not supported",
                 header & 0xF);
  }
  const size_t offset_bytes = (header >> 6 & 3) + 1;
  ARROW_ASSIGN_OR_RAISE(const auto count, bytes.TakeNumber(offset_bytes));
  ARROW_ASSIGN_OR_RAISE(const auto offsets, bytes.Take((count + 1) * offset_bytes));
  const auto offset = [&](size_t i) {
    return LittleEndian(offsets.substr(i * offset_bytes, offset_bytes));
  };
  VariantNames names;
  names.names_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t begin = offset(i);
    const uint64_t end = offset(i + 1);
    if (begin > end || end > bytes.rest().size()) return DamagedVariant("a name lies outside");
    names.names_.push_back(bytes.rest().substr(begin, end - begin));
  }
  return names;
}

Status AppendVariantJson(const VariantNames& names, std::string_view value, std::string& out) {
  return Writer(names, value.size(), out).Append(value, 0);
}

Status ForEachVariantField(
    const VariantNames& names, std::string_view value,
    const std::function<Status(std::string_view name, std::string_view field)>& visit) {
  Bytes bytes(value);
  ARROW_ASSIGN_OR_RAISE(const auto head, bytes.TakeNumber(1));
  if ((head & 3) != kObject) return DamagedVariant("it is not an object");
  ARROW_ASSIGN_OR_RAISE(const auto elements, ParseElements(static_cast<int>(head) >> kBasicTypeBits,
                                                           true, bytes.rest()));
  for (size_t i = 0; i < elements.count; ++i) {
    const uint64_t id = elements.id(i);
    const uint64_t offset = elements.offset(i);
    if (id >= names.size()) return DamagedVariant("a field has no name");
    if (offset > elements.values.size()) return DamagedVariant("an offset lies outside");
    ARROW_RETURN_NOT_OK(visit(names[id], elements.values.substr(offset)));
  }
  return Status::OK();
}

void AppendVariantText(std::string_view text, std::string& out) {
  const size_t size = out.size();
  out.resize(size + JsonStringBound(text.size()));
  out.resize(static_cast<size_t>(PutJsonString(out.data() + size, text) - out.data()));
}

void AppendVariantDate(int32_t days, std::string& out) {
  out += '"';
  AppendPut(out, kTemporalTextMax, PutDate, static_cast<int64_t>(days));
  out += '"';
}

void AppendVariantTimestamp(int64_t value, bool nanoseconds, bool utc, std::string& out) {
  const auto unit = nanoseconds ? arrow::TimeUnit::NANO : arrow::TimeUnit::MICRO;
  out += '"';
  const size_t begin = out.size();
  AppendPut(out, kTemporalTextMax, PutTimestamp, value, unit, false);
  const size_t separator = out.find('T', begin);
  if (separator != std::string::npos) out[separator] = ' ';
  // No zeros at the end of a fraction.
  if (out.find('.', begin) != std::string::npos) {
    while (out.back() == '0') out.pop_back();
  }
  out += utc ? "+00:00\"" : "\"";
}

void AppendVariantTime(int64_t microseconds, std::string& out) {
  out += '"';
  AppendPut(out, kTemporalTextMax, PutTimeOfDay, microseconds, arrow::TimeUnit::MICRO);
  out += '"';
}

void AppendVariantBinary(std::string_view bytes, std::string& out) {
  out += '"';
  out += arrow::util::base64_encode(bytes);
  out += '"';
}

void AppendVariantDouble(double value, std::string& out) {
  if (std::isfinite(value)) {
    AppendPut(out, kNumberTextMax, PutDouble, value);
  } else {
    out += std::isnan(value) ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
  }
}

void AppendVariantFloat(float value, std::string& out) {
  if (std::isfinite(value)) {
    AppendPut(out, kNumberTextMax, PutFloat, value);
  } else {
    AppendVariantDouble(value, out);
  }
}

}  // namespace deltaport::columnar
