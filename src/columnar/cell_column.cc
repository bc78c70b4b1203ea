#include "columnar/cell_column.h"

#include <utility>

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>

#include "columnar/csv_text.h"
#include "columnar/json_string.h"
#include "columnar/nested_cells.h"
#include "columnar/number_text.h"
#include "columnar/temporal_text.h"

namespace deltaport::columnar {
namespace {

constexpr int kCellDepthMax = 64;
constexpr int kDecimalScaleMax = 1000;
constexpr int kDecimalDigitsMax = 80;
constexpr int kNumberTextMax = 32;
constexpr int64_t kCopySlack = 32;  // Texts are copied 16 bytes at a time.

template <TextFormat kFormat>
char* PutNull(char* out) {
  if constexpr (kFormat == TextFormat::kCsv) return out;
  std::memcpy(out, "null", 4);
  return out + 4;
}

template <TextFormat kFormat>
char* PutQuote(char* out) {
  if constexpr (kFormat == TextFormat::kJson) *out++ = '"';
  return out;
}

template <typename T>
T ValueAt(const CellView& view, int64_t row) {
  T value;
  std::memcpy(&value, view.values + row * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

using PutCell = char* (*)(char* out, const CellView& view, int64_t row);

template <PutCell kPut, TextFormat kFormat>
char* PutNullable(char* out, const CellView& view, int64_t row) {
  if (!arrow::bit_util::GetBit(view.validity, view.offset + row)) return PutNull<kFormat>(out);
  return kPut(out, view, row);
}

template <TextFormat kFormat>
char* PutAlwaysNull(char* out, const CellView&, int64_t) {
  return PutNull<kFormat>(out);
}

char* PutBool(char* out, const CellView& view, int64_t row) {
  const bool value = arrow::bit_util::GetBit(view.values, view.offset + row);
  std::memcpy(out, value ? "true" : "false", 5);
  return out + (value ? 4 : 5);
}

template <typename T>
char* PutIntegerCell(char* out, const CellView& view, int64_t row) {
  const T value = ValueAt<T>(view, row);
  if constexpr (std::is_signed_v<T>) {
    return PutSigned(out, value);
  } else {
    return PutUnsigned(out, value);
  }
}

template <TextFormat kFormat>
char* PutReal(char* out, double value) {
  if constexpr (kFormat == TextFormat::kCsv) {
    if (!std::isfinite(value)) {
      const std::string_view text = std::isnan(value) ? "NaN" : value > 0 ? "inf" : "-inf";
      std::memcpy(out, text.data(), text.size());
      return out + text.size();
    }
  }
  return PutDouble(out, value);
}

template <TextFormat kFormat>
char* PutDoubleCell(char* out, const CellView& view, int64_t row) {
  return PutReal<kFormat>(out, ValueAt<double>(view, row));
}

template <TextFormat kFormat>
char* PutFloatCell(char* out, const CellView& view, int64_t row) {
  const float value = ValueAt<float>(view, row);
  return std::isfinite(value) ? PutFloat(out, value) : PutReal<kFormat>(out, value);
}

template <TextFormat kFormat>
char* PutHalfCell(char* out, const CellView& view, int64_t row) {
  const float value = arrow::util::Float16::FromBits(ValueAt<uint16_t>(view, row)).ToFloat();
  return std::isfinite(value) ? PutFloat(out, value) : PutReal<kFormat>(out, value);
}

constexpr uint64_t kPowersOfTen[] = {1ULL,
                                     10ULL,
                                     100ULL,
                                     1000ULL,
                                     10000ULL,
                                     100000ULL,
                                     1000000ULL,
                                     10000000ULL,
                                     100000000ULL,
                                     1000000000ULL,
                                     10000000000ULL,
                                     100000000000ULL,
                                     1000000000000ULL,
                                     10000000000000ULL,
                                     100000000000000ULL,
                                     1000000000000000ULL,
                                     10000000000000000ULL,
                                     100000000000000000ULL,
                                     1000000000000000000ULL};

// `digits` with the point `scale` digits from the right; a negative scale appends zeros.
char* PutScaledDigits(char* out, std::string_view digits, int scale) {
  if (digits.starts_with('-')) {
    *out++ = '-';
    digits.remove_prefix(1);
  }
  const int count = static_cast<int>(digits.size());
  if (scale <= 0) {
    std::memcpy(out, digits.data(), digits.size());
    const int zeros = digits == "0" ? 0 : -scale;
    std::memset(out + count, '0', zeros);
    return out + count + zeros;
  }
  const int whole = std::max(count - scale, 0);
  if (whole == 0) *out++ = '0';
  std::memcpy(out, digits.data(), whole);
  out += whole;
  *out++ = '.';
  const int zeros = std::max(scale - count, 0);
  std::memset(out, '0', zeros);
  out += zeros;
  std::memcpy(out, digits.data() + whole, count - whole);
  return out + count - whole;
}

char* PutScaled(char* out, int64_t value, int scale) {
  if (scale < 0 || scale > 18) return PutScaledDigits(out, std::to_string(value), scale);
  uint64_t magnitude = static_cast<uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  out = PutUnsigned(out, magnitude / kPowersOfTen[scale]);
  if (scale == 0) return out;
  *out++ = '.';
  return PutPadded(out, magnitude % kPowersOfTen[scale], scale);
}

template <typename Decimal, TextFormat kFormat>
char* PutDecimalCell(char* out, const CellView& view, int64_t row) {
  out = PutQuote<kFormat>(out);
  constexpr int kWords = sizeof(Decimal) / 8;
  if constexpr (std::is_integral_v<Decimal>) {
    out = PutScaled(out, ValueAt<Decimal>(view, row), view.scale);
  } else {
    int64_t words[kWords];
    std::memcpy(words, view.values + row * static_cast<int64_t>(sizeof(Decimal)), sizeof(words));
    bool small = true;
    for (int i = 1; i < kWords; ++i) small = small && words[i] == (words[0] >> 63);
    if (small) {
      out = PutScaled(out, words[0], view.scale);
    } else {
      const Decimal value(reinterpret_cast<const uint8_t*>(words));
      out = PutScaledDigits(out, value.ToIntegerString(), view.scale);
    }
  }
  return PutQuote<kFormat>(out);
}

template <TextFormat kFormat>
char* PutDate32Cell(char* out, const CellView& view, int64_t row) {
  return PutQuote<kFormat>(PutDate(PutQuote<kFormat>(out), ValueAt<int32_t>(view, row)));
}

template <TextFormat kFormat>
char* PutDate64Cell(char* out, const CellView& view, int64_t row) {
  constexpr int64_t kMillisecondsPerDay = 86'400'000;
  const int64_t value = ValueAt<int64_t>(view, row);
  const int64_t days = value / kMillisecondsPerDay - (value % kMillisecondsPerDay < 0 ? 1 : 0);
  return PutQuote<kFormat>(PutDate(PutQuote<kFormat>(out), days));
}

template <typename T, TextFormat kFormat>
char* PutTimeCell(char* out, const CellView& view, int64_t row) {
  out = PutTimeOfDay(PutQuote<kFormat>(out), ValueAt<T>(view, row), view.unit);
  return PutQuote<kFormat>(out);
}

template <TextFormat kFormat>
char* PutTimestampCell(char* out, const CellView& view, int64_t row) {
  out = PutTimestamp(PutQuote<kFormat>(out), ValueAt<int64_t>(view, row), view.unit, view.utc);
  return PutQuote<kFormat>(out);
}

template <TextFormat kFormat>
char* PutDurationCell(char* out, const CellView& view, int64_t row) {
  out = PutDuration(PutQuote<kFormat>(out), ValueAt<int64_t>(view, row), view.unit);
  return PutQuote<kFormat>(out);
}

template <TextFormat kFormat>
char* PutMonthsCell(char* out, const CellView& view, int64_t row) {
  return PutQuote<kFormat>(PutInterval(PutQuote<kFormat>(out), ValueAt<int32_t>(view, row), 0, 0));
}

template <TextFormat kFormat>
char* PutDayTimeCell(char* out, const CellView& view, int64_t row) {
  const auto value = ValueAt<arrow::DayTimeIntervalType::DayMilliseconds>(view, row);
  out = PutInterval(PutQuote<kFormat>(out), 0, value.days, value.milliseconds * int64_t{1'000'000});
  return PutQuote<kFormat>(out);
}

template <TextFormat kFormat>
char* PutMonthDayNanoCell(char* out, const CellView& view, int64_t row) {
  const auto value = ValueAt<arrow::MonthDayNanoIntervalType::MonthDayNanos>(view, row);
  out = PutInterval(PutQuote<kFormat>(out), value.months, value.days, value.nanoseconds);
  return PutQuote<kFormat>(out);
}

char* PutBase64(char* out, std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto* in = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t left = bytes.size();
  for (; left >= 3; left -= 3, in += 3) {
    const uint32_t group = in[0] << 16 | in[1] << 8 | in[2];
    for (int shift = 18; shift >= 0; shift -= 6) *out++ = kAlphabet[group >> shift & 63];
  }
  if (left == 0) return out;
  const uint32_t group = in[0] << 16 | (left == 2 ? in[1] << 8 : 0);
  *out++ = kAlphabet[group >> 18 & 63];
  *out++ = kAlphabet[group >> 12 & 63];
  *out++ = left == 2 ? kAlphabet[group >> 6 & 63] : '=';
  *out++ = '=';
  return out;
}

enum class Content { kText, kBytes };

template <Content kContent, TextFormat kFormat>
char* PutContent(char* out, std::string_view bytes, const char* readable_end) {
  if constexpr (kContent == Content::kBytes) {
    return PutQuote<kFormat>(PutBase64(PutQuote<kFormat>(out), bytes));
  } else if constexpr (kFormat == TextFormat::kJson) {
    return PutJsonString(out, bytes, readable_end);
  } else {
    return PutCsvText(out, bytes);
  }
}

template <typename Offset, Content kContent, TextFormat kFormat>
char* PutVariableCell(char* out, const CellView& view, int64_t row) {
  const auto* offsets = reinterpret_cast<const Offset*>(view.values) + row;
  const std::string_view bytes(view.data + offsets[0],
                               static_cast<size_t>(offsets[1] - offsets[0]));
  return PutContent<kContent, kFormat>(out, bytes, view.data_end);
}

template <typename Offset>
int64_t VariableBytes(const CellView& view, int64_t first, int64_t last) {
  const auto* offsets = reinterpret_cast<const Offset*>(view.values);
  return offsets[last] - offsets[first];
}

template <Content kContent, TextFormat kFormat>
char* PutViewCell(char* out, const CellView& view, int64_t row) {
  const std::string_view bytes =
      static_cast<const arrow::BinaryViewArray*>(view.array)->GetView(row);
  return PutContent<kContent, kFormat>(out, bytes, nullptr);
}

int64_t ViewBytes(const CellView& view, int64_t first, int64_t last) {
  const auto* views = static_cast<const arrow::BinaryViewArray*>(view.array);
  int64_t bytes = 0;
  for (int64_t row = first; row < last; ++row) {
    if (!views->IsNull(row)) bytes += static_cast<int64_t>(views->GetView(row).size());
  }
  return bytes;
}

template <TextFormat kFormat>
char* PutFixedBinaryCell(char* out, const CellView& view, int64_t row) {
  const std::string_view bytes(reinterpret_cast<const char*>(view.values) + row * view.width,
                               static_cast<size_t>(view.width));
  return PutContent<Content::kBytes, kFormat>(out, bytes, nullptr);
}

int64_t FixedBinaryBytes(const CellView& view, int64_t first, int64_t last) {
  return (last - first) * view.width;
}

// Copies 16 bytes at a time, past the end on both sides: kCopySlack bytes are spare there.
char* CopyText(char* out, const char* text, uint32_t size) {
  for (uint32_t done = 0; done < size; done += 16) std::memcpy(out + done, text + done, 16);
  return out + size;
}

template <typename Index>
char* PutDictionaryCell(char* out, const CellView& view, int64_t row) {
  const auto index = static_cast<size_t>(ValueAt<Index>(view, row));
  const uint32_t begin = (*view.text_ends)[index];
  return CopyText(out, view.text->data() + begin, (*view.text_ends)[index + 1] - begin);
}

char* PutRenderedCell(char* out, const CellView& view, int64_t row) {
  const size_t index = static_cast<size_t>(row - view.text_first_row);
  const uint32_t begin = (*view.text_ends)[index];
  return CopyText(out, view.text->data() + begin, (*view.text_ends)[index + 1] - begin);
}

// Points `values` at row 0 of a type whose values are `width` bytes.
void PointAtValues(const arrow::ArrayData& data, int64_t width, CellView& view) {
  if (data.buffers.size() > 1 && data.buffers[1]) {
    view.values = data.buffers[1]->data() + data.offset * width;
  }
}

}  // namespace

CellColumn::CellColumn(CellColumn&&) noexcept = default;
CellColumn& CellColumn::operator=(CellColumn&&) noexcept = default;
CellColumn::~CellColumn() = default;

Result<CellColumn> CellColumn::Make(std::shared_ptr<arrow::Array> array, TextFormat format,
                                    int depth) {
  if (array->type_id() == arrow::Type::EXTENSION) {
    array = static_cast<const arrow::ExtensionArray&>(*array).storage();
  }
  CellColumn column;
  column.array_ = std::move(array);
  column.format_ = format;
  const arrow::ArrayData& data = *column.array_->data();
  column.view_.array = column.array_.get();
  column.view_.offset = data.offset;
  if (column.array_->null_count() > 0 && !data.buffers.empty() && data.buffers[0]) {
    column.view_.validity = data.buffers[0]->data();
  }
  ARROW_RETURN_NOT_OK(column.Choose(format, depth));
  return column;
}

template <CellColumn::PutCell kPut, TextFormat kFormat>
void CellColumn::Use(int64_t bound_bytes) {
  put_ = view_.validity != nullptr ? &PutNullable<kPut, kFormat> : kPut;
  cell_bound_ = bound_bytes;
}

template <TextFormat kFormat>
bool CellColumn::ChooseFixedWidth() {
  constexpr int64_t kTemporal = kTemporalTextMax + 2;
  const arrow::DataType& type = *array_->type();
  if (type.id() != arrow::Type::BOOL) PointAtValues(*array_->data(), type.byte_width(), view_);
  switch (type.id()) {
    case arrow::Type::BOOL:
      view_.values = array_->data()->buffers[1] ? array_->data()->buffers[1]->data() : nullptr;
      return Use<&PutBool, kFormat>(8), true;
    case arrow::Type::INT8:
      return Use<&PutIntegerCell<int8_t>, kFormat>(kNumberTextMax), true;
    case arrow::Type::INT16:
      return Use<&PutIntegerCell<int16_t>, kFormat>(kNumberTextMax), true;
    case arrow::Type::INT32:
      return Use<&PutIntegerCell<int32_t>, kFormat>(kNumberTextMax), true;
    case arrow::Type::INT64:
      return Use<&PutIntegerCell<int64_t>, kFormat>(kNumberTextMax), true;
    case arrow::Type::UINT8:
      return Use<&PutIntegerCell<uint8_t>, kFormat>(kNumberTextMax), true;
    case arrow::Type::UINT16:
      return Use<&PutIntegerCell<uint16_t>, kFormat>(kNumberTextMax), true;
    case arrow::Type::UINT32:
      return Use<&PutIntegerCell<uint32_t>, kFormat>(kNumberTextMax), true;
    case arrow::Type::UINT64:
      return Use<&PutIntegerCell<uint64_t>, kFormat>(kNumberTextMax), true;
    case arrow::Type::HALF_FLOAT:
      return Use<&PutHalfCell<kFormat>, kFormat>(kNumberTextMax), true;
    case arrow::Type::FLOAT:
      return Use<&PutFloatCell<kFormat>, kFormat>(kNumberTextMax), true;
    case arrow::Type::DOUBLE:
      return Use<&PutDoubleCell<kFormat>, kFormat>(kNumberTextMax), true;
    case arrow::Type::DATE32:
      return Use<&PutDate32Cell<kFormat>, kFormat>(kTemporal), true;
    case arrow::Type::DATE64:
      return Use<&PutDate64Cell<kFormat>, kFormat>(kTemporal), true;
    case arrow::Type::TIME32:
      view_.unit = static_cast<const arrow::Time32Type&>(type).unit();
      return Use<&PutTimeCell<int32_t, kFormat>, kFormat>(kTemporal), true;
    case arrow::Type::TIME64:
      view_.unit = static_cast<const arrow::Time64Type&>(type).unit();
      return Use<&PutTimeCell<int64_t, kFormat>, kFormat>(kTemporal), true;
    case arrow::Type::TIMESTAMP:
      view_.unit = static_cast<const arrow::TimestampType&>(type).unit();
      view_.utc = !static_cast<const arrow::TimestampType&>(type).timezone().empty();
      return Use<&PutTimestampCell<kFormat>, kFormat>(kTemporal), true;
    case arrow::Type::DURATION:
      view_.unit = static_cast<const arrow::DurationType&>(type).unit();
      return Use<&PutDurationCell<kFormat>, kFormat>(kTemporal), true;
    case arrow::Type::INTERVAL_MONTHS:
      return Use<&PutMonthsCell<kFormat>, kFormat>(kTemporal), true;
    case arrow::Type::INTERVAL_DAY_TIME:
      return Use<&PutDayTimeCell<kFormat>, kFormat>(kTemporal), true;
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return Use<&PutMonthDayNanoCell<kFormat>, kFormat>(kTemporal), true;
    default:
      return false;
  }
}

template <TextFormat kFormat>
bool CellColumn::ChooseDecimal() {
  const arrow::DataType& type = *array_->type();
  if (!arrow::is_decimal(type.id())) return false;
  PointAtValues(*array_->data(), type.byte_width(), view_);
  view_.scale = static_cast<const arrow::DecimalType&>(type).scale();
  const int64_t bound = kDecimalDigitsMax + std::abs(view_.scale) + 8;
  switch (type.id()) {
    case arrow::Type::DECIMAL32:
      return Use<&PutDecimalCell<int32_t, kFormat>, kFormat>(bound), true;
    case arrow::Type::DECIMAL64:
      return Use<&PutDecimalCell<int64_t, kFormat>, kFormat>(bound), true;
    case arrow::Type::DECIMAL128:
      return Use<&PutDecimalCell<arrow::Decimal128, kFormat>, kFormat>(bound), true;
    default:
      return Use<&PutDecimalCell<arrow::Decimal256, kFormat>, kFormat>(bound), true;
  }
}

template <TextFormat kFormat>
bool CellColumn::ChooseBytes() {
  const arrow::ArrayData& data = *array_->data();
  const arrow::Type::type id = array_->type_id();
  const bool large = id == arrow::Type::LARGE_STRING || id == arrow::Type::LARGE_BINARY;
  if (large || id == arrow::Type::STRING || id == arrow::Type::BINARY) {
    PointAtValues(data, large ? sizeof(int64_t) : sizeof(int32_t), view_);
    variable_bytes_ = large ? &VariableBytes<int64_t> : &VariableBytes<int32_t>;
    if (data.buffers[2]) {
      view_.data = reinterpret_cast<const char*>(data.buffers[2]->data());
      view_.data_end = view_.data + data.buffers[2]->size();
    }
  } else if (id == arrow::Type::STRING_VIEW || id == arrow::Type::BINARY_VIEW) {
    variable_bytes_ = &ViewBytes;
  } else if (id == arrow::Type::FIXED_SIZE_BINARY) {
    view_.width = array_->type()->byte_width();
    PointAtValues(data, view_.width, view_);
    variable_bytes_ = &FixedBinaryBytes;
  }
  constexpr int64_t kBound = static_cast<int64_t>(JsonStringBound(0)) + 8;
  variable_factor_ = kFormat == TextFormat::kJson ? 6 : 2;
  switch (id) {
    case arrow::Type::STRING:
      return Use<&PutVariableCell<int32_t, Content::kText, kFormat>, kFormat>(kBound), true;
    case arrow::Type::LARGE_STRING:
      return Use<&PutVariableCell<int64_t, Content::kText, kFormat>, kFormat>(kBound), true;
    case arrow::Type::STRING_VIEW:
      return Use<&PutViewCell<Content::kText, kFormat>, kFormat>(kBound), true;
    case arrow::Type::BINARY:
      return Use<&PutVariableCell<int32_t, Content::kBytes, kFormat>, kFormat>(kBound), true;
    case arrow::Type::LARGE_BINARY:
      return Use<&PutVariableCell<int64_t, Content::kBytes, kFormat>, kFormat>(kBound), true;
    case arrow::Type::BINARY_VIEW:
      return Use<&PutViewCell<Content::kBytes, kFormat>, kFormat>(kBound), true;
    case arrow::Type::FIXED_SIZE_BINARY:
      return Use<&PutFixedBinaryCell<kFormat>, kFormat>(kBound), true;
    default:
      return false;
  }
}

template <TextFormat kFormat>
Result<bool> CellColumn::ChooseFor(int depth) {
  const arrow::DataType& type = *array_->type();
  if (type.id() == arrow::Type::NA) return Use<&PutAlwaysNull<kFormat>, kFormat>(8), true;
  if (type.id() == arrow::Type::DICTIONARY) {
    ARROW_RETURN_NOT_OK(UseDictionary<kFormat>(depth));
    return true;
  }
  if (IsNestedType(type)) {
    ARROW_ASSIGN_OR_RAISE(nested_, NestedCells::Make(array_, depth));
    UseRendered();
    return true;
  }
  if (arrow::is_decimal(type.id())) {
    if (std::abs(static_cast<const arrow::DecimalType&>(type).scale()) > kDecimalScaleMax) {
      return false;
    }
    return ChooseDecimal<kFormat>();
  }
  return ChooseBytes<kFormat>() || ChooseFixedWidth<kFormat>();
}

Status CellColumn::Choose(TextFormat format, int depth) {
  if (depth > kCellDepthMax) {
    return Error(ErrorCode::kUnsupportedFeature, "types nested deeper than {} levels have no text",
                 kCellDepthMax);
  }
  ARROW_ASSIGN_OR_RAISE(const bool known, format == TextFormat::kJson
                                              ? ChooseFor<TextFormat::kJson>(depth)
                                              : ChooseFor<TextFormat::kCsv>(depth));
  if (known) return Status::OK();
  return Error(ErrorCode::kUnsupportedFeature, "the type {} has no text form",
               array_->type()->ToString());
}

// Cells whose text is made in Prepare().
void CellColumn::UseRendered() {
  text_ = std::make_unique<std::string>();
  text_ends_ = std::make_unique<std::vector<uint32_t>>();
  put_ = &PutRenderedCell;
}

// Writes every value of the dictionary once; cells are copies of these texts then.
template <TextFormat kFormat>
Status CellColumn::UseDictionary(int depth) {
  const auto& dictionary_array = static_cast<const arrow::DictionaryArray&>(*array_);
  const auto& dictionary = dictionary_array.dictionary();
  if (kFormat == TextFormat::kJson && dictionary->length() > 4 * array_->length() + 16) {
    ARROW_ASSIGN_OR_RAISE(nested_, NestedCells::MakeOfDictionary(array_, depth));
    UseRendered();
    return Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(CellColumn values, Make(dictionary, kFormat, depth + 1));
  text_ = std::make_unique<std::string>();
  text_ends_ = std::make_unique<std::vector<uint32_t>>(1, 0);
  uint32_t longest = 0;
  for (int64_t i = 0; i < dictionary->length(); ++i) {
    const size_t before = text_->size();
    text_->resize(before + static_cast<size_t>(values.Prepare(i, i + 1)));
    const char* const end = values.Put(text_->data() + before, i);
    text_->resize(static_cast<size_t>(end - text_->data()));
    if (text_->size() > UINT32_MAX) {
      return Error(ErrorCode::kResourceExhausted, "a dictionary of text is larger than 4 GiB");
    }
    text_ends_->push_back(static_cast<uint32_t>(text_->size()));
    longest = std::max(longest, static_cast<uint32_t>(text_->size() - before));
  }
  text_->append(kCopySlack, '\0');
  view_.text = text_.get();
  view_.text_ends = text_ends_.get();
  const int width = dictionary_array.indices()->type()->byte_width();
  PointAtValues(*array_->data(), width, view_);
  const int64_t bound = longest + kCopySlack;
  switch (width) {
    case 1:
      return Use<&PutDictionaryCell<uint8_t>, kFormat>(bound), Status::OK();
    case 2:
      return Use<&PutDictionaryCell<uint16_t>, kFormat>(bound), Status::OK();
    case 4:
      return Use<&PutDictionaryCell<uint32_t>, kFormat>(bound), Status::OK();
    default:
      return Use<&PutDictionaryCell<uint64_t>, kFormat>(bound), Status::OK();
  }
}

int64_t CellColumn::Prepare(int64_t first, int64_t last) {
  if (nested_ == nullptr) {
    const int64_t variable =
        variable_bytes_ == nullptr ? 0 : variable_bytes_(view_, first, last) * variable_factor_;
    return (last - first) * cell_bound_ + variable;
  }
  text_->clear();
  text_ends_->assign(1, 0);
  std::string json;
  for (int64_t row = first; row < last; ++row) {
    if (format_ == TextFormat::kJson) {
      nested_->Append(row, *text_);
    } else {
      json.clear();
      nested_->Append(row, json);
      if (json != "null") AppendCsvText(json, *text_);
    }
    text_ends_->push_back(static_cast<uint32_t>(text_->size()));
  }
  const int64_t size = static_cast<int64_t>(text_->size());
  text_->append(kCopySlack, '\0');
  view_.text = text_.get();
  view_.text_ends = text_ends_.get();
  view_.text_first_row = first;
  return size + kCopySlack;
}

}  // namespace deltaport::columnar
