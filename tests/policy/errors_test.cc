#include "policy/errors.h"

#include <string>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(Error, CarriesEveryDetailThroughTheStatus) {
  const absl::Status status =
      Error(absl::StatusCode::kFailedPrecondition, reason::kDomainNotVerified, "not verified")
          .Field("domain", "a verified one")
          .Subject("organizations/acme/domains/acme.example", "verify it first")
          .Subject("organizations/acme/domains/b.example", "")
          .Violation({.reason = "WOULD_LOCK_OUT", .resource = "o", .description = "d"})
          .Metadata("state", "PENDING")
          .Metadata("state", "AT_RISK")
          .Metadata("", std::string("a\0:3:b", 6))
          .RetryAfterMs(1500);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "not verified");
  const std::optional<ErrorDetails> details = DetailsOf(status);
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(details->reason, "DOMAIN_NOT_VERIFIED");
  EXPECT_THAT(details->field_violations, ElementsAre(Pair("domain", "a verified one")));
  ASSERT_EQ(details->precondition_violations.size(), 3u);
  const std::vector<PreconditionViolation>& violations = details->precondition_violations;
  EXPECT_EQ(violations[0].reason, "DOMAIN_NOT_VERIFIED");
  EXPECT_EQ(violations[0].resource, "organizations/acme/domains/acme.example");
  EXPECT_EQ(violations[0].description, "verify it first");
  EXPECT_EQ(violations[1].resource, "organizations/acme/domains/b.example");
  EXPECT_EQ(violations[1].description, "");
  EXPECT_EQ(violations[2].reason, "WOULD_LOCK_OUT");
  EXPECT_THAT(details->metadata,
              UnorderedElementsAre(Pair("state", "AT_RISK"), Pair("", std::string("a\0:3:b", 6))));
  EXPECT_EQ(details->retry_after_ms, 1500);
  EXPECT_EQ(ReasonOf(status), "DOMAIN_NOT_VERIFIED");
}

TEST(Error, AnyOtherStatusHasNoDetails) {
  EXPECT_FALSE(DetailsOf(absl::OkStatus()).has_value());
  EXPECT_FALSE(DetailsOf(absl::NotFoundError("x")).has_value());
  EXPECT_EQ(ReasonOf(absl::NotFoundError("x")), "");
}

TEST(Error, APayloadThatItDidNotWriteIsNoDetails) {
  absl::Status status = Error(absl::StatusCode::kInternal, reason::kStoreCorrupt, "x")
                            .Field("f", "e")
                            .Metadata("k", "v");
  std::string type, bytes;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    type = std::string(url);
    bytes = std::string(payload);
  });
  ASSERT_FALSE(type.empty());
  const auto details_of = [&](const std::string& payload) {
    status.SetPayload(type, absl::Cord(payload));
    return DetailsOf(status);
  };
  EXPECT_TRUE(details_of(bytes).has_value());
  EXPECT_FALSE(details_of(bytes + "x").has_value());
  EXPECT_FALSE(details_of("99999999999999999999:").has_value());
  EXPECT_FALSE(details_of("-1:x").has_value());
  EXPECT_FALSE(details_of("1:r9:999999999").has_value());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(details_of(bytes.substr(0, size)).has_value()) << size;
  }
}

TEST(InvalidField, SaysFieldValueAndExpectation) {
  const absl::Status status = InvalidField("email", "a@b@c", "exactly one '@'");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "email \"a@b@c\": expected exactly one '@'");
  EXPECT_EQ(ReasonOf(status), reason::kInvalidField);
  EXPECT_THAT(DetailsOf(status)->field_violations, ElementsAre(Pair("email", "exactly one '@'")));
}

TEST(Quoted, ShowsForeignValuesWithoutLettingThemAct) {
  struct Case {
    std::string value;
    const char* shown;
  };
  const Case kCases[] = {
      {"", "\"\""},
      {"Bücher", "\"Bücher\""},
      {"a\"b\\c", "\"a\\\"b\\\\c\""},
      {std::string("a\0b", 3), "\"a\\u{0000}b\""},
      {"a\nb\x1b[31m\x7f", "\"a\\u{000A}b\\u{001B}[31m\\u{007F}\""},
      {"a\u202Eb\u2028\u200B", "\"a\\u{202E}b\\u{2028}\\u{200B}\""},
      {"\uE000\U000E0001", "\"\\u{E000}\\u{E0001}\""},
      {"a\xff\xc3(", "\"a\\xff\\xc3(\""},
      {"\xed\xa0\x80", "\"\\xed\\xa0\\x80\""},  // an encoded surrogate
      {"\xc3", "\"\\xc3\""},
  };
  for (const Case& c : kCases) EXPECT_EQ(Quoted(c.value), c.shown);
}

TEST(Quoted, CutsAfterEightyBytesAtAWholeCharacter) {
  EXPECT_EQ(Quoted(std::string(80, 'a')), "\"" + std::string(80, 'a') + "\"");
  EXPECT_EQ(Quoted(std::string(81, 'a')), "\"" + std::string(80, 'a') + "…\"");
  EXPECT_EQ(Quoted(std::string(79, 'a') + "ü"), "\"" + std::string(79, 'a') + "…\"");
  EXPECT_EQ(Quoted(std::string(78, 'a') + "\U0001F600b"), "\"" + std::string(78, 'a') + "…\"");
  // What stands whole before the cut and is broken stays visible.
  EXPECT_EQ(Quoted(std::string(78, 'a') + "\xff" + "bcd"),
            "\"" + std::string(78, 'a') + "\\xffb…\"");
}

TEST(PrefixFields, PutsThePrefixBeforeEveryPathAndTheMessage) {
  const absl::Status inner = InvalidField("email", "x", "an address");
  const absl::Status outer = PrefixFields(inner, "users[3].");
  EXPECT_EQ(outer.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outer.message(), "users[3].email \"x\": expected an address");
  EXPECT_THAT(DetailsOf(outer)->field_violations,
              ElementsAre(Pair("users[3].email", "an address")));
  EXPECT_EQ(ReasonOf(outer), reason::kInvalidField);
}

TEST(PrefixFields, KeepsAMessageThatDoesNotBeginWithThePath) {
  const absl::Status inner =
      Error(absl::StatusCode::kInvalidArgument, reason::kInvalidField, "two faults")
          .Field("a", "x")
          .Field("b", "y")
          .Metadata("k", "v");
  const absl::Status outer = PrefixFields(inner, "p.");
  EXPECT_EQ(outer.message(), "two faults");
  EXPECT_THAT(DetailsOf(outer)->field_violations, ElementsAre(Pair("p.a", "x"), Pair("p.b", "y")));
  EXPECT_THAT(DetailsOf(outer)->metadata, ElementsAre(Pair("k", "v")));
}

TEST(PrefixFields, LeavesAStatusWithoutFieldsAlone) {
  EXPECT_EQ(PrefixFields(absl::OkStatus(), "p."), absl::OkStatus());
  EXPECT_EQ(PrefixFields(absl::AbortedError("x"), "p."), absl::AbortedError("x"));
  const absl::Status missing = ResourceNotFound("organizations/acme");
  EXPECT_EQ(PrefixFields(missing, "p."), missing);
}

TEST(ResourceNotFound, NamesTheResource) {
  const absl::Status status = ResourceNotFound("organizations/acme");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "\"organizations/acme\" does not exist");
  EXPECT_EQ(ReasonOf(status), reason::kResourceNotFound);
  EXPECT_THAT(DetailsOf(status)->metadata, ElementsAre(Pair("resource", "organizations/acme")));
  EXPECT_THAT(DetailsOf(status)->field_violations, IsEmpty());
}

absl::StatusOr<int> Half(int number) {
  if (number % 2 != 0) return absl::InvalidArgumentError("odd");
  return number / 2;
}

absl::StatusOr<int> Quarter(int number, bool& reached_end) {
  ASSIGN_OR_RETURN(const int half, Half(number));
  RETURN_IF_ERROR(Half(half).status());
  reached_end = true;
  return half / 2;
}

TEST(StatusMacros, ReturnTheFirstErrorAndPassValuesOn) {
  bool reached_end = false;
  EXPECT_EQ(Quarter(3, reached_end).status(), absl::InvalidArgumentError("odd"));
  EXPECT_EQ(Quarter(6, reached_end).status(), absl::InvalidArgumentError("odd"));
  EXPECT_FALSE(reached_end);
  EXPECT_EQ(*Quarter(8, reached_end), 2);
  EXPECT_TRUE(reached_end);
}

}  // namespace
}  // namespace gatehouse
