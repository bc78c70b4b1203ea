#include <filesystem>

#include <gtest/gtest.h>

#include "storage/object_store.h"
#include "storage/uri.h"

namespace deltaport::storage {
namespace {

TEST(Location, PathsAndFileUrisNameTheSamePlace) {
  for (const char* text : {"/a/b c", "/a/b c/", "/a/./x/../b c", "file:/a/b%20c", "file:///a/b%20c",
                           "file://localhost/a/b%20c/"}) {
    const auto location = ParseLocation(text);
    ASSERT_TRUE(location.ok()) << text << ": " << location.status();
    EXPECT_EQ(location->path, "/a/b c") << text;
    EXPECT_EQ(location->ToUri(), "file:///a/b%20c");
  }
}

TEST(Location, RelativePathsStartAtTheWorkingDirectory) {
  EXPECT_EQ(ParseLocation("x/y")->path, (std::filesystem::current_path() / "x/y").string());
}

TEST(Location, AColonAloneMakesNoUri) { EXPECT_EQ(ParseLocation("/a:b")->path, "/a:b"); }

TEST(Location, BadLocationsAreRefusedWithTheirText) {
  for (const char* text : {"", "s3://bucket/x", "gopher://x", "file://host/a", "file:a",
                           "file:///a?b", "file:///a%2", "file:///a%zz", "file:///a%00"}) {
    const auto location = ParseLocation(text);
    EXPECT_EQ(CodeOf(location.status()), ErrorCode::kInvalidArgument) << text;
  }
  const auto unknown = ParseLocation("s3://bucket/x").status();
  EXPECT_NE(unknown.message().find("'s3' is not known"), std::string::npos) << unknown;
}

TEST(Uri, EncodingAndDecodingAreInverse) {
  std::string bytes;
  for (int c = 1; c < 256; ++c) bytes += static_cast<char>(c);
  const std::string encoded = PercentEncode(bytes);
  EXPECT_EQ(encoded.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_.~/=%"),
            std::string::npos);
  EXPECT_EQ(PercentDecode(encoded).ValueOrDie(), bytes);
}

TEST(Uri, DecodesOnce) { EXPECT_EQ(PercentDecode("a%2520b").ValueOrDie(), "a%20b"); }

}  // namespace
}  // namespace deltaport::storage
