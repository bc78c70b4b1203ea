#include "ports/error_mapping.h"

#include <gtest/gtest.h>

namespace deltaport::ports {
namespace {

TEST(ErrorMapping, EveryCodeHasItsRowAndAFailureStatus) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_EQ(MappingOf(code).code, code);
    EXPECT_GE(MappingOf(code).http_status, 400);
    EXPECT_GT(MappingOf(code).exit_code, 1);
  }
}

TEST(ErrorMapping, PrefixIsPutOnceAndOnlyWhereTheClassHasOne) {
  EXPECT_EQ(HttpErrorText(Error(ErrorCode::kNotFound, "dataset: x")), "not found: dataset: x");
  EXPECT_EQ(HttpErrorText(Error(ErrorCode::kNotFound, "not found: dataset: x")),
            "not found: dataset: x");
  EXPECT_EQ(HttpErrorText(Error(ErrorCode::kInvalidArgument, "unknown column: x")),
            "unknown column: x");
  EXPECT_EQ(HttpErrorText(Error(ErrorCode::kUnavailable, "dataset 'x' is not ready")),
            "dataset 'x' is not ready");
  EXPECT_EQ(HttpErrorText(Error(ErrorCode::kDeadlineExceeded, "30 s passed")), "request timed out");
}

TEST(ErrorMapping, UnavailableTellsWhenToTryAgain) {
  const wire::Response response = ErrorResponse(Error(ErrorCode::kUnavailable, "not \"ready\""));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"error":"not \"ready\""})");
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0], (std::pair<std::string, std::string>("Retry-After", "2")));
}

TEST(ErrorMapping, ErrorsOfArrowItselfAreMappedByTheirStatusCode) {
  EXPECT_EQ(HttpStatusOf(Status::IOError("disk")), 500);
  EXPECT_EQ(HttpStatusOf(Status::OutOfMemory("big")), 503);
}

}  // namespace
}  // namespace deltaport::ports
