#include "delta/statistics_scanner.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "columnar/json_document.h"

namespace deltaport::delta {
namespace {

using columnar::JsonDocument;

constexpr std::string_view kSpark =
    R"({"numRecords":1000,"minValues":{"id":-5,"name":"a b","n":{"x":1}},)"
    R"("maxValues":{"id":5.25e3,"name":"z"},"nullCount":{"id":0,"name":7,"n":{"x":2}}})";

void ExpectSame(const StatisticsValue& found, columnar::JsonValue expected, std::string_view text) {
  EXPECT_EQ(found.text, expected.string()) << text;
  EXPECT_EQ(found.number, expected.number_text()) << text;
}

// What the scanner says must be what a whole parser says. Returns whether it said anything.
bool ExpectAsParsed(std::string_view text, std::string_view column) {
  const auto entries = ScanStatistics(text, column);
  const auto count = ScanRecordCount(text);
  EXPECT_EQ(entries.has_value(), count.has_value()) << text;
  if (!entries || !count) return false;
  const auto document = JsonDocument::Parse(text);
  EXPECT_TRUE(document.ok()) << text << ": " << document.status().ToString();
  if (!document.ok()) return true;
  const auto root = document->root();
  ExpectSame(entries->min_value, root["minValues"][column], text);
  ExpectSame(entries->max_value, root["maxValues"][column], text);
  ExpectSame(entries->null_count, root["nullCount"][column], text);
  ExpectSame(*count, root["numRecords"], text);
  return true;
}

TEST(StatisticsScanner, EntriesOfAColumnAreFound) {
  const auto entries = ScanStatistics(kSpark, "id");
  ASSERT_TRUE(entries);
  EXPECT_EQ(entries->min_value.number, "-5");
  EXPECT_EQ(entries->max_value.number, "5.25e3");
  EXPECT_EQ(entries->null_count.number, "0");
  EXPECT_EQ(ScanStatistics(kSpark, "name")->min_value.text, "a b");
  EXPECT_EQ(IntegerIn(*ScanRecordCount(kSpark)), 1000);
  for (const std::string_view column : {"id", "name", "n", "x", "absent", ""}) {
    EXPECT_TRUE(ExpectAsParsed(kSpark, column));
  }
}

TEST(StatisticsScanner, UnusualTextIsAsParsed) {
  for (const std::string_view text : {
           R"({})",
           R"( { "minValues" : { "c" : 1 } , "nullCount" : { } } )",
           R"({"minValues":{"c":1,"c":2},"minValues":{"c":3}})",
           R"({"minValues":5,"minValues":{"c":3},"maxValues":null,"nullCount":[{"c":1}]})",
           R"({"minValues":{"d":[1,[2,{"c":3}],"]"],"c":true},"maxValues":{"c":"a\tb"}})",
           "{\"minValues\":{\"c\":\"0123456701234567\"}}",
           "{\"minValues\":{\"c\":\"tab\there\"}}",
       }) {
    ExpectAsParsed(text, "c");
  }
}

TEST(StatisticsScanner, InvalidJsonIsLeftToTheParser) {
  for (const std::string_view text : {"",
                                      " ",
                                      "1",
                                      "[]",
                                      "{",
                                      "{}x",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{\"a\":01}",
                                      "{\"a\":1.}",
                                      "{\"a\":-}",
                                      "{\"a\":1e}",
                                      "{\"a\":+1}",
                                      "{\"a\":tru}",
                                      "{\"a\":[1,]}",
                                      "{\"a\":\"b}",
                                      "{\"a\":\"\\\"}",
                                      "{\"a\":nan}",
                                      "{'a':1}",
                                      "{\"a\":1 2}",
                                      "{,}"}) {
    EXPECT_FALSE(ExpectAsParsed(text, "a")) << text;
  }
  const std::string deep = "{\"a\":" + std::string(1000, '[') + std::string(1000, ']') + "}";
  EXPECT_FALSE(ScanStatistics(deep, "a"));
}

TEST(StatisticsScanner, DamagedTextIsAsParsed) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr std::string_view kBytes = "\"\\{}[]:,.-+eE0123456789 tfn\x01\x7f\xc3\xa9";
  size_t scanned = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text(kSpark);
    for (int change = 0; change < round % 4; ++change) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          text.insert(at, 1, kBytes[random() % kBytes.size()]);
          break;
        default:
          text.erase(at, 1);
      }
    }
    scanned += ExpectAsParsed(text, "id") ? 1 : 0;
    if (HasFailure()) return;
  }
  EXPECT_GT(scanned, 5'000U);
}

}  // namespace
}  // namespace deltaport::delta
