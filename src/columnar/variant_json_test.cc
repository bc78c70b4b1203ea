#include "columnar/variant_json.h"

#include <cmath>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "columnar/json_document.h"

namespace deltaport::columnar {
namespace {

using namespace std::string_literals;

std::string Number(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

std::string Primitive(int type, const std::string& payload = {}) {
  return std::string(1, static_cast<char>(type << 2)) + payload;
}

std::string Metadata(const std::vector<std::string>& names) {
  std::string offsets = Number(0, 1);
  std::string text;
  for (const auto& name : names) {
    text += name;
    offsets += Number(text.size(), 1);
  }
  return "\x01"s + Number(names.size(), 1) + offsets + text;
}

std::string Array(const std::vector<std::string>& elements) {
  std::string offsets = Number(0, 1);
  std::string values;
  for (const auto& element : elements) {
    values += element;
    offsets += Number(values.size(), 1);
  }
  return "\x03"s + Number(elements.size(), 1) + offsets + values;
}

std::string Object(const std::vector<std::pair<int, std::string>>& fields) {
  std::string ids;
  std::string offsets = Number(0, 1);
  std::string values;
  for (const auto& [id, value] : fields) {
    ids += static_cast<char>(id);
    values += value;
    offsets += Number(values.size(), 1);
  }
  return "\x02"s + Number(fields.size(), 1) + ids + offsets + values;
}

Result<std::string> Json(const std::string& value, const std::string& metadata = Metadata({})) {
  ARROW_ASSIGN_OR_RAISE(const auto names, VariantNames::Parse(metadata));
  std::string out;
  ARROW_RETURN_NOT_OK(AppendVariantJson(names, value, out));
  return out;
}

std::string DoubleBytes(double value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

TEST(VariantJson, EveryScalarHasItsText) {
  const auto micros = [](int64_t value) { return Number(static_cast<uint64_t>(value), 8); };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {Primitive(0), "null"},
      {Primitive(1), "true"},
      {Primitive(2), "false"},
      {Primitive(3, "\xFF"), "-1"},
      {Primitive(4, Number(0x8000, 2)), "-32768"},
      {Primitive(5, Number(0x7FFFFFFF, 4)), "2147483647"},
      {Primitive(6, Number(1ULL << 63, 8)), "-9223372036854775808"},
      {Primitive(7, DoubleBytes(1.5)), "1.5"},
      {Primitive(7, DoubleBytes(std::nan(""))), "\"NaN\""},
      {Primitive(7, DoubleBytes(-INFINITY)), "\"-Infinity\""},
      {Primitive(8, "\x02" + Number(1234, 4)), "12.34"},
      {Primitive(8, "\x03" + Number(0, 4)), "0.000"},
      {Primitive(8, "\x03" + Number(static_cast<uint32_t>(-5), 4)), "-0.005"},
      {Primitive(9, "\x00"s + Number(7, 8)), "7"},
      {Primitive(10, "\x26" + Number(1, 8) + Number(0, 8)), "0." + std::string(37, '0') + "1"},
      {Primitive(11, Number(0, 4)), "\"1970-01-01\""},
      {Primitive(12, micros(1)), "\"1970-01-01 00:00:00.000001+00:00\""},
      {Primitive(12, micros(-500000)), "\"1969-12-31 23:59:59.5+00:00\""},
      {Primitive(13, micros(0)), "\"1970-01-01 00:00:00\""},
      {Primitive(15, Number(3, 4) + "\x00\x01\xFF"s), "\"AAH/\""},
      {Primitive(16, Number(4, 4) + "a\"b\n"), R"("a\"b\n")"},
      {Primitive(17, micros(3'723'000'001)), "\"01:02:03.000001\""},
      {Primitive(18, micros(1)), "\"1970-01-01 00:00:00.000000001+00:00\""},
      {Primitive(20, "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF"s),
       "\"00112233-4455-6677-8899-aabbccddeeff\""},
      {"\x0Dxyz", "\"xyz\""},
  };
  for (const auto& [value, expected] : cases) {
    const auto json = Json(value);
    ASSERT_TRUE(json.ok()) << expected << ": " << json.status();
    EXPECT_EQ(*json, expected);
  }
}

TEST(VariantJson, ObjectsAndArraysNest) {
  const auto metadata = Metadata({"a", "ü\"", "unused"});
  const auto value =
      Object({{0, Array({Primitive(0), Array({}), Object({})})}, {1, Primitive(3, "\x05")}});
  EXPECT_EQ(Json(value, metadata).ValueOrDie(), R"({"a":[null,[],{}],"ü\"":5})");
}

TEST(VariantJson, DamageIsAnError) {
  const std::vector<std::string> damaged = {
      "",
      Primitive(6, "short"),
      Primitive(16, Number(100, 4) + "abc"),
      Primitive(8, "\x27" + Number(1, 4)),
      "\x09x",
      "\x03\x02\x00",
      Array({Primitive(0)}).substr(0, 4),
      Object({{3, Primitive(0)}}),
      Primitive(33),
  };
  for (const auto& value : damaged) EXPECT_FALSE(Json(value).ok()) << value.size();
  EXPECT_FALSE(Json(Primitive(0), "").ok());
  EXPECT_FALSE(Json(Primitive(0), "\x02\x00\x00"s).ok());
  EXPECT_FALSE(Json(Primitive(0), "\x01\x01\x05\x06x").ok());
}

TEST(VariantJson, DepthIsBounded) {
  std::string nested = Primitive(0);
  for (int i = 0; i < 600; ++i) {
    nested = "\x0F"s + Number(1, 1) + Number(0, 4) + Number(nested.size(), 4) + nested;
  }
  const auto json = Json(nested);
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(CodeOf(json.status()), ErrorCode::kCorruptTable);
}

TEST(VariantJson, ElementsThatShareBytesAreRefused) {
  // Each level refers to the next one many times: 200 to the power of 8 texts in a few kilobytes.
  std::string value = Primitive(0);
  for (int level = 0; level < 8; ++level) {
    std::string outer = "\x0F"s + Number(200, 1);
    for (int i = 0; i < 200; ++i) outer += Number(0, 4);
    value = outer + Number(value.size(), 4) + value;
  }
  const auto json = Json(value);
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(CodeOf(json.status()), ErrorCode::kCorruptTable);
}

TEST(VariantJson, RandomBytesGiveJsonOrAnError) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const auto json = Json(bytes, Metadata({"a", "b"}));
    if (json.ok()) {
      ASSERT_TRUE(JsonDocument::Parse(*json).ok()) << *json;
    }
  }
}

TEST(VariantJson, FieldsOfAnObjectAreVisited) {
  const auto metadata = Metadata({"a", "b"});
  const auto names = VariantNames::Parse(metadata).ValueOrDie();
  std::string seen;
  const auto status = ForEachVariantField(names, Object({{1, Primitive(1)}, {0, Primitive(2)}}),
                                          [&](std::string_view name, std::string_view field) {
                                            seen += name;
                                            return AppendVariantJson(names, field, seen);
                                          });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(seen, "btrueafalse");
  EXPECT_FALSE(ForEachVariantField(names, Primitive(0), {}).ok());
}

}  // namespace
}  // namespace deltaport::columnar
