#include "columnar/json_rows.h"

#include <bit>
#include <charconv>
#include <chrono>
#include <random>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yyjson.h>

namespace deltaport::columnar {
namespace {

using arrow::ArrayBuilder;

void Must(const Status& status) { ASSERT_TRUE(status.ok()) << status.ToString(); }

std::string Rows(const std::shared_ptr<arrow::RecordBatch>& batch, char separator = '\n') {
  auto writer = JsonRowWriter::Make(batch->schema()).ValueOrDie();
  std::string out;
  const Status status = writer->Append(*batch, separator, out);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return out;
}

std::shared_ptr<arrow::RecordBatch> BatchOf(const std::shared_ptr<arrow::Array>& array,
                                            const std::string& name = "c") {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field(name, array->type())}),
                                  array->length(), {array});
}

// The JSON of a single value.
std::string Cell(const std::shared_ptr<arrow::Array>& array, int64_t row = 0) {
  const std::string rows = Rows(BatchOf(array->Slice(row, 1)));
  return rows.substr(5, rows.size() - 7);  // {"c": … }\n
}

template <typename Builder, typename... Values>
std::shared_ptr<arrow::Array> ArrayOf(Builder&& builder, const Values&... values) {
  (Must(builder.Append(values)), ...);
  return builder.Finish().ValueOrDie();
}
template <typename Builder, typename Value>
std::string CellOf(Builder&& builder, const Value& value) {
  Must(builder.Append(value));
  return Cell(builder.Finish().ValueOrDie());
}

std::shared_ptr<arrow::ArrayBuilder> BuilderOf(const std::shared_ptr<arrow::DataType>& type) {
  return std::shared_ptr<arrow::ArrayBuilder>(arrow::MakeBuilder(type).ValueOrDie());
}

TEST(JsonRows, FloatsAreShortestAndAlwaysHaveAPoint) {
  const std::vector<std::pair<double, std::string>> cases = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {7.919, "7.919"},
      {240000, "240000.0"},
      {0.1, "0.1"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e16"},
      {1e20, "1e20"},
      {1.5e-7, "1.5e-7"},
      {1e-5, "0.00001"},
      {-12.25, "-12.25"},
      {1.7976931348623157e308, "1.7976931348623157e308"},
      {5e-324, "5e-324"},
      {NAN, "null"},
      {INFINITY, "null"},
      {1e22, "1e22"},
      {123456789.125, "123456789.125"}};
  for (const auto& [value, text] : cases) {
    EXPECT_EQ(CellOf(arrow::DoubleBuilder(), value), text);
  }
  EXPECT_EQ(CellOf(arrow::FloatBuilder(), 7.919f), "7.919");
  EXPECT_EQ(CellOf(arrow::FloatBuilder(), 16777216.0f), "16777216.0");
  EXPECT_EQ(CellOf(arrow::FloatBuilder(), 1e14f), "1e14");
  EXPECT_EQ(CellOf(arrow::HalfFloatBuilder(), uint16_t{0x3e00}), "1.5");
}

TEST(JsonRows, EveryDoubleReadsBackTheSame) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  arrow::DoubleBuilder builder;
  std::vector<double> values;
  for (int i = 0; i < 20'000; ++i) {
    double value = std::bit_cast<double>(random());
    if (i % 3 == 0) value = static_cast<double>(static_cast<int64_t>(random() % 2'000'000)) / 100;
    if (i % 3 == 1) value = static_cast<double>(static_cast<int32_t>(random())) / 1000;
    if (!std::isfinite(value)) value = 1;
    values.push_back(value);
    ASSERT_TRUE(builder.Append(value).ok());
  }
  const std::string rows = Rows(BatchOf(builder.Finish().ValueOrDie()));
  const char* p = rows.data();
  for (const double value : values) {
    p += 5;
    const char* end = strchr(p, '}');
    const std::string text(p, end);
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    // No shorter text exists: to_chars() gives the fewest digits.
    char shortest[40];
    const auto size =
        std::to_chars(shortest, shortest + 40, value, std::chars_format::scientific).ptr - shortest;
    const auto digits = [](std::string_view number) {
      number = number.substr(0, number.find('e'));
      std::string found;
      for (const char c : number) {
        if (c >= '0' && c <= '9' && !(found.empty() && c == '0')) found += c;
      }
      while (!found.empty() && found.back() == '0') found.pop_back();
      return found;
    };
    ASSERT_EQ(digits(text), digits(std::string_view(shortest, static_cast<size_t>(size)))) << text;
    p = end + 2;
  }
}

TEST(JsonRows, IntegersAtTheirLimits) {
  EXPECT_EQ(CellOf(arrow::Int64Builder(), INT64_MIN), "-9223372036854775808");
  EXPECT_EQ(CellOf(arrow::UInt64Builder(), UINT64_MAX), "18446744073709551615");
  EXPECT_EQ(CellOf(arrow::Int8Builder(), int8_t{-128}), "-128");
  for (uint64_t power = 1; power < UINT64_MAX / 10; power *= 10) {
    EXPECT_EQ(CellOf(arrow::UInt64Builder(), power), std::to_string(power));
    EXPECT_EQ(CellOf(arrow::UInt64Builder(), power - 1), std::to_string(power - 1));
  }
}

TEST(JsonRows, DecimalsAreTextsWithTheirScale) {
  const auto decimal = [](const std::shared_ptr<arrow::DataType>& type, const std::string& digits) {
    const int bits = type->byte_width() * 8;
    std::shared_ptr<arrow::Array> array;
    if (bits == 256) {
      array = ArrayOf(arrow::Decimal256Builder(type), arrow::Decimal256(digits));
    } else {
      array = ArrayOf(arrow::Decimal128Builder(type), arrow::Decimal128(digits));
    }
    return Cell(array);
  };
  EXPECT_EQ(decimal(arrow::decimal128(10, 2), "300"), R"("3.00")");
  EXPECT_EQ(decimal(arrow::decimal128(10, 2), "-5"), R"("-0.05")");
  EXPECT_EQ(decimal(arrow::decimal128(10, 0), "42"), R"("42")");
  EXPECT_EQ(decimal(arrow::decimal128(5, -2), "42"), R"("4200")");
  EXPECT_EQ(decimal(arrow::decimal128(38, 20), "1"), R"("0.00000000000000000001")");
  EXPECT_EQ(decimal(arrow::decimal128(38, 10), "-12345678901234567890123456789012345678"),
            R"("-1234567890123456789012345678.9012345678")");
  EXPECT_EQ(decimal(arrow::decimal256(76, 4), "99999999999999999999999999999999999999999"),
            R"("9999999999999999999999999999999999999.9999")");
  EXPECT_EQ(Cell(ArrayOf(arrow::Decimal32Builder(arrow::decimal32(5, 2)), arrow::Decimal32(-1205))),
            R"("-12.05")");
  EXPECT_EQ(Cell(ArrayOf(arrow::Decimal64Builder(arrow::decimal64(15, 3)), arrow::Decimal64(7))),
            R"("0.007")");
}

TEST(JsonRows, TemporalTypes) {
  const auto timestamp = [](int64_t value, arrow::TimeUnit::type unit, const std::string& zone) {
    return CellOf(
        arrow::TimestampBuilder(arrow::timestamp(unit, zone), arrow::default_memory_pool()), value);
  };
  using arrow::TimeUnit;
  EXPECT_EQ(timestamp(0, TimeUnit::SECOND, ""), R"("1970-01-01T00:00:00")");
  EXPECT_EQ(timestamp(1'704'067'237'000'000, TimeUnit::MICRO, ""), R"("2024-01-01T00:00:37")");
  EXPECT_EQ(timestamp(-1, TimeUnit::MILLI, ""), R"("1969-12-31T23:59:59.999")");
  EXPECT_EQ(timestamp(1'500'001, TimeUnit::MICRO, "UTC"), R"("1970-01-01T00:00:01.500001Z")");
  EXPECT_EQ(timestamp(1, TimeUnit::NANO, "Europe/Berlin"), R"("1970-01-01T00:00:00.000000001Z")");
  EXPECT_EQ(timestamp(-62'135'596'800, TimeUnit::SECOND, ""), R"("0001-01-01T00:00:00")");
  EXPECT_EQ(timestamp(253'402'300'800, TimeUnit::SECOND, ""), R"("+10000-01-01T00:00:00")");
  EXPECT_EQ(CellOf(arrow::Date32Builder(), 19'723), R"("2024-01-01")");
  EXPECT_EQ(CellOf(arrow::Date64Builder(), int64_t{-1}), R"("1969-12-31")");
  const auto pool = arrow::default_memory_pool();
  EXPECT_EQ(CellOf(arrow::Time32Builder(arrow::time32(TimeUnit::SECOND), pool), 3'725),
            R"("01:02:05")");
  EXPECT_EQ(CellOf(arrow::Time64Builder(arrow::time64(TimeUnit::MICRO), pool), int64_t{1'500'000}),
            R"("00:00:01.500")");
  EXPECT_EQ(CellOf(arrow::DurationBuilder(arrow::duration(TimeUnit::MILLI), pool), int64_t{-1500}),
            R"("-PT1.500S")");
  // The extremes are far from any calendar, but must not overrun a buffer.
  timestamp(INT64_MIN, TimeUnit::SECOND, "UTC");
  timestamp(INT64_MAX, TimeUnit::SECOND, "UTC");
  CellOf(arrow::Date32Builder(), INT32_MIN);
}

TEST(JsonRows, DatesAgreeWithTheCalendarOfTheStandardLibrary) {
  arrow::Date32Builder builder;
  std::string expected;
  for (int32_t day = -400'000; day < 400'000; day += 37) {
    ASSERT_TRUE(builder.Append(day).ok());
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
    expected += fmt::format("{{\"c\":\"{:04}-{:02}-{:02}\"}}\n", static_cast<int>(date.year()),
                            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  }
  EXPECT_EQ(Rows(BatchOf(builder.Finish().ValueOrDie())), expected);
}

// Written apart from the writer under test, one byte at a time.
std::string SlowString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 && c != '\b' && c != '\f' && c != '\r') {
      out += fmt::format("\\u{:04x}", c);
    } else {
      out += c;
    }
  }
  return out + '"';
}

void AppendText(ArrayBuilder& builder, const std::optional<std::string>& text) {
  const auto append = [&](auto& typed) { Must(text ? typed.Append(*text) : typed.AppendNull()); };
  switch (builder.type()->id()) {
    case arrow::Type::STRING:
      return append(static_cast<arrow::StringBuilder&>(builder));
    case arrow::Type::LARGE_STRING:
      return append(static_cast<arrow::LargeStringBuilder&>(builder));
    case arrow::Type::STRING_VIEW:
      return append(static_cast<arrow::StringViewBuilder&>(builder));
    default:
      return append(static_cast<arrow::StringDictionary32Builder&>(builder));
  }
}

TEST(JsonRows, RandomStringsSlicesAndNullsMatchASlowWriter) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::vector<std::string> alphabet = {"a",  "b",    " ", "\"", "\\",
                                             "\n", "\x01", "é", "€",  "😀"};
  for (const auto& type : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view(),
                           arrow::dictionary(arrow::int32(), arrow::utf8())}) {
    for (int round = 0; round < 30; ++round) {
      std::shared_ptr<ArrayBuilder> builder = BuilderOf(type);
      if (type->id() == arrow::Type::DICTIONARY) {
        builder = std::make_shared<arrow::StringDictionary32Builder>();
      }
      std::vector<std::string> expected;
      const int rows = static_cast<int>(random() % 700);
      const unsigned plain = random() % 2 == 0 ? 2 : 10;
      for (int i = 0; i < rows; ++i) {
        std::string text;
        for (unsigned n = random() % (i % 10 == 0 ? 90 : 20); n > 0; --n) {
          text += alphabet[random() % plain];
        }
        const bool null = random() % 5 == 0;
        AppendText(*builder, null ? std::optional<std::string>() : text);
        expected.push_back(null ? "null" : SlowString(text));
      }
      auto array = builder->Finish().ValueOrDie();
      const int64_t first = rows == 0 ? 0 : static_cast<int64_t>(random() % rows);
      std::string text;
      for (size_t i = first; i < expected.size(); ++i) text += "{\"c\":" + expected[i] + "}\n";
      ASSERT_EQ(Rows(BatchOf(array->Slice(first))), text) << type->ToString();
    }
  }
}

TEST(JsonRows, InvalidUtf8IsReplacedAndTheTextStaysJson) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 3'000; ++i) {
    std::string text;
    for (unsigned n = random() % 40; n > 0; --n) text += static_cast<char>(random());
    std::string json;
    AppendJsonString(text, json);
    yyjson_doc* document = yyjson_read(json.data(), json.size(), 0);
    ASSERT_NE(document, nullptr) << json;
    yyjson_doc_free(document);
  }
  std::string json;
  AppendJsonString("a\xff\xc3(\xed\xa0\x80z\xe2\x82", json);
  EXPECT_EQ(json,
            "\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd"
            "\xef\xbf\xbd\"");
}

TEST(JsonRows, BinaryIsBase64) {
  EXPECT_EQ(CellOf(arrow::BinaryBuilder(), ""), R"("")");
  EXPECT_EQ(CellOf(arrow::BinaryBuilder(), "M"), R"("TQ==")");
  EXPECT_EQ(CellOf(arrow::BinaryBuilder(), "Ma"), R"("TWE=")");
  EXPECT_EQ(CellOf(arrow::LargeBinaryBuilder(), "Man"), R"("TWFu")");
  EXPECT_EQ(CellOf(arrow::FixedSizeBinaryBuilder(arrow::fixed_size_binary(2)), "\xff\xfe"),
            R"("//4=")");
}

std::shared_ptr<arrow::Array> FromJson(const std::shared_ptr<arrow::DataType>& type,
                                       const std::function<void(ArrayBuilder*)>& fill) {
  auto builder = BuilderOf(type);
  fill(builder.get());
  return builder->Finish().ValueOrDie();
}

TEST(JsonRows, NestedTypesAreRealJson) {
  const auto list = FromJson(arrow::list(arrow::int32()), [](ArrayBuilder* builder) {
    auto* lists = static_cast<arrow::ListBuilder*>(builder);
    auto* values = static_cast<arrow::Int32Builder*>(lists->value_builder());
    Must(lists->Append());
    Must(values->AppendValues({1, 2}));
    Must(lists->Append());
    Must(lists->AppendNull());
    Must(lists->Append());
    Must(values->AppendNull());
  });
  EXPECT_EQ(Rows(BatchOf(list)), "{\"c\":[1,2]}\n{\"c\":[]}\n{\"c\":null}\n{\"c\":[null]}\n");
  EXPECT_EQ(Rows(BatchOf(list->Slice(3, 1))), "{\"c\":[null]}\n");

  const auto structs = FromJson(
      arrow::struct_({arrow::field("a\"b", arrow::int8()), arrow::field("l", arrow::utf8())}),
      [](ArrayBuilder* builder) {
        auto* rows = static_cast<arrow::StructBuilder*>(builder);
        for (const int8_t value : {1, 2, 3}) {
          Must(rows->Append());
          Must(static_cast<arrow::Int8Builder*>(rows->field_builder(0))->Append(value));
          Must(static_cast<arrow::StringBuilder*>(rows->field_builder(1))->Append("x"));
        }
        Must(rows->AppendNull());
      });
  EXPECT_EQ(Rows(BatchOf(structs->Slice(2))), "{\"c\":{\"a\\\"b\":3,\"l\":\"x\"}}\n{\"c\":null}\n");

  const auto map =
      FromJson(arrow::map(arrow::int32(), arrow::float64()), [](ArrayBuilder* builder) {
        auto* maps = static_cast<arrow::MapBuilder*>(builder);
        Must(maps->Append());
        Must(static_cast<arrow::Int32Builder*>(maps->key_builder())->Append(7));
        Must(static_cast<arrow::DoubleBuilder*>(maps->item_builder())->Append(0.5));
        Must(maps->Append());
      });
  EXPECT_EQ(Rows(BatchOf(map)), "{\"c\":{\"7\":0.5}}\n{\"c\":{}}\n");
  EXPECT_EQ(Rows(BatchOf(map->Slice(1))), "{\"c\":{}}\n");
}

TEST(JsonRows, RunEndsUnionsAndNullColumns) {
  auto ends = ArrayOf(arrow::Int32Builder(), 2, 5);
  auto values = ArrayOf(arrow::StringBuilder(), std::string("a"), std::string("b"));
  auto runs = arrow::RunEndEncodedArray::Make(5, ends, values).ValueOrDie();
  EXPECT_EQ(Rows(BatchOf(runs->Slice(1, 2))), "{\"c\":\"a\"}\n{\"c\":\"b\"}\n");

  auto types = ArrayOf(arrow::Int8Builder(), int8_t{0}, int8_t{1});
  auto offsets = ArrayOf(arrow::Int32Builder(), 0, 0);
  auto number = ArrayOf(arrow::Int32Builder(), 5);
  auto text = ArrayOf(arrow::StringBuilder(), std::string("t"));
  auto either = arrow::DenseUnionArray::Make(*types, *offsets, {number, text}).ValueOrDie();
  EXPECT_EQ(Rows(BatchOf(either)), "{\"c\":5}\n{\"c\":\"t\"}\n");
  EXPECT_EQ(Rows(BatchOf(either->Slice(1))), "{\"c\":\"t\"}\n");
  EXPECT_EQ(Rows(BatchOf(std::make_shared<arrow::NullArray>(1))), "{\"c\":null}\n");
}

TEST(JsonRows, LargeDictionaryOfASmallBatchGivesTheSameText) {
  arrow::StringBuilder words;
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(words.Append("w\"" + std::to_string(i)).ok());
  auto indices = ArrayOf(arrow::Int16Builder(), int16_t{999}, int16_t{0});
  auto array = arrow::DictionaryArray::FromArrays(arrow::dictionary(arrow::int16(), arrow::utf8()),
                                                  indices, words.Finish().ValueOrDie())
                   .ValueOrDie();
  EXPECT_EQ(Rows(BatchOf(array)), "{\"c\":\"w\\\"999\"}\n{\"c\":\"w\\\"0\"}\n");
}

TEST(JsonRows, ColumnNamesAreEscapedAndMayBeLong) {
  auto array = ArrayOf(arrow::Int32Builder(), 1);
  EXPECT_EQ(Rows(BatchOf(array, "quo\"te")), "{\"quo\\\"te\":1}\n");
  const std::string name(100, 'n');
  EXPECT_EQ(Rows(BatchOf(array, name)), "{\"" + name + "\":1}\n");
  EXPECT_EQ(Rows(arrow::RecordBatch::Make(arrow::schema({}), 2, arrow::ArrayVector{}), ','),
            "{},{},");
}

TEST(JsonRows, CellsLargerThanABlockAreWrittenWhole) {
  arrow::StringBuilder builder;
  const std::string large(3'000'000, 'x');
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(builder.Append(large).ok());
  const std::string rows = Rows(BatchOf(builder.Finish().ValueOrDie()));
  EXPECT_EQ(rows.size(), 3 * (large.size() + 9));
}

TEST(JsonRows, ScalarsFollowTheSameRules) {
  EXPECT_EQ(ScalarToJson(arrow::DoubleScalar(7)).ValueOrDie(), "7.0");
  EXPECT_EQ(ScalarToJson(arrow::StringScalar("a\"")).ValueOrDie(), R"("a\"")");
  EXPECT_EQ(ScalarToJson(*arrow::MakeNullScalar(arrow::int32())).ValueOrDie(), "null");
}

}  // namespace
}  // namespace deltaport::columnar
