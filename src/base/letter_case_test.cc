#include "base/letter_case.h"

#include <gtest/gtest.h>

namespace deltaport {
namespace {

TEST(LetterCase, OnlyAsciiLettersChange) {
  EXPECT_EQ(LowerCase("AZ az [`{ 09 \xc3\x84"), "az az [`{ 09 \xc3\x84");
  EXPECT_EQ(LowerCase(""), "");
}

TEST(LetterCase, EqualityLooksAtTheWholeText) {
  EXPECT_TRUE(EqualsIgnoringCase("Delta.AppendOnly", "delta.appendonly"));
  EXPECT_FALSE(EqualsIgnoringCase("delta", "deltas"));
  EXPECT_FALSE(EqualsIgnoringCase("@", "`"));
}

}  // namespace
}  // namespace deltaport
