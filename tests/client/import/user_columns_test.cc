#include "client/import/user_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "policy/errors.h"

namespace gatehouse::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Fields = std::vector<std::string>;

Fields Split(absl::string_view line) { return absl::StrSplit(line, ','); }

absl::StatusOr<UserRow> Map(absl::string_view header, const Fields& record) {
  absl::StatusOr<UserColumns> columns = UserColumns::Recognize(Split(header));
  if (!columns.ok()) return columns.status();
  return columns->Map(record);
}

// The header lines as the products write them.
constexpr absl::string_view kGoogle =
    "First Name [Required],Last Name [Required],Email Address [Required],Password [Required],"
    "Password Hash Function [UPLOAD ONLY],Org Unit Path [Required],New Primary Email [UPLOAD "
    "ONLY],Status [READ ONLY],Last Sign In [READ ONLY],Recovery Email,Home Secondary Email";
constexpr absl::string_view kEntra =
    "userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,"
    "accountEnabled,usageLocation,alternateEmailAddress";
constexpr absl::string_view kOkta =
    "login,firstName,lastName,middleName,email,title,displayName,nickName,secondEmail,status";

TEST(UserColumns, RecognizesEachExportByItsHeader) {
  struct Case {
    absl::string_view header;
    UserFileFormat format;
  };
  const Case cases[] = {
      {kGoogle, UserFileFormat::kGoogleWorkspace},
      {kEntra, UserFileFormat::kEntraId},
      {kOkta, UserFileFormat::kOkta},
      {"Okta username,Primary email,User fullname", UserFileFormat::kOkta},
      {"User,Login,Status,Activation date", UserFileFormat::kOkta},
      {"email,display_name,role", UserFileFormat::kPlain},
      {"email", UserFileFormat::kPlain},
      {"ROLE,Display Name,E-Mail", UserFileFormat::kPlain},
      {" Email ,unknown,display-name", UserFileFormat::kPlain},
      {"User principal name,Display name,Block credential", UserFileFormat::kEntraId},
  };
  for (const Case& c : cases) {
    absl::StatusOr<UserColumns> columns = UserColumns::Recognize(Split(c.header));
    ASSERT_TRUE(columns.ok()) << columns.status();
    EXPECT_EQ(columns->format(), c.format) << c.header;
  }
}

TEST(UserColumns, MapsGoogleWorkspace) {
  absl::StatusOr<UserRow> row =
      Map(kGoogle, {"Ada", " Lovelace ", "ada@example.com", "****", "", "/", "", "Active", "",
                    "ada@home.example", "ada@home.example"});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->email, "ada@example.com");
  EXPECT_EQ(row->display_name, "Ada Lovelace");
  EXPECT_EQ(row->role, std::nullopt);
  EXPECT_FALSE(row->inactive);
}

TEST(UserColumns, MapsEntraIdAndPrefersMail) {
  absl::StatusOr<UserRow> row =
      Map(kEntra, {"ada@corp.onmicrosoft.com", "Ada L", "Lovelace", "ada@example.com", "Ada", "1",
                   "Member", "", "", "True", "DE", "ada@home.example"});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->email, "ada@example.com");
  EXPECT_EQ(row->display_name, "Ada L");
  EXPECT_FALSE(row->inactive);
}

TEST(UserColumns, FallsBackToThePrincipalNameAndTheNames) {
  absl::StatusOr<UserRow> row =
      Map(kEntra, {"ada@example.com", "", "Lovelace", " ", "Ada", "", "", "", "", "False", "", ""});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->email, "ada@example.com");
  EXPECT_EQ(row->display_name, "Ada Lovelace");
  EXPECT_TRUE(row->inactive);
}

TEST(UserColumns, RefusesAGuestWithoutMail) {
  absl::StatusOr<UserRow> row = Map("userPrincipalName,mail", {"a_b.example#EXT#@t.example", ""});
  EXPECT_EQ(row.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(row.status().message()), HasSubstr("as this guest has none"));
  EXPECT_TRUE(Map("userPrincipalName,mail", {"a_b.example#EXT#@t.example", "a@b.example"}).ok());
}

TEST(UserColumns, MapsOkta) {
  absl::StatusOr<UserRow> row = Map(kOkta, {"ada", "Ada", "Lovelace", "", "ada@example.com", "", "",
                                            "", "ada@home.example", "DEPROVISIONED"});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->email, "ada@example.com");
  EXPECT_EQ(row->display_name, "Ada Lovelace");
  EXPECT_TRUE(row->inactive);
  row = Map("login,email", {"ada@example.com", ""});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->email, "ada@example.com");
}

TEST(UserColumns, TakesRolesFromThePlainFormatOnly) {
  struct Case {
    absl::string_view header;
    Fields record;
    std::optional<Role> role;
  };
  const Case cases[] = {
      {"email,role", {"a@b.example", "member"}, Role::kMember},
      {"email,role", {"a@b.example", " Admin "}, Role::kAdmin},
      {"email,role", {"a@b.example", "OWNER"}, Role::kOwner},
      {"email,role", {"a@b.example", ""}, std::nullopt},
      {"email", {"a@b.example"}, std::nullopt},
      {"Email Address [Required],Is Super Admin,role",
       {"a@b.example", "True", "owner"},
       std::nullopt},
      {"userPrincipalName,role", {"a@b.example", "owner"}, std::nullopt},
      {"login,role", {"a@b.example", "owner"}, std::nullopt},
  };
  for (const Case& c : cases) {
    absl::StatusOr<UserRow> row = Map(c.header, c.record);
    ASSERT_TRUE(row.ok()) << row.status();
    EXPECT_EQ(row->role, c.role) << c.header;
  }
}

TEST(UserColumns, RefusesBadValuesAndNamesTheField) {
  struct Case {
    Fields record;  // email, display_name, role
    std::string error;
  };
  const Case cases[] = {
      {{"", "Ada", ""}, "email \"\": expected an address"},
      {{" \t", "Ada", ""}, "email \"\": expected an address"},
      {{"a@b.example", "", "superuser"},
       "role \"superuser\": expected member, admin, owner, or nothing"},
      {{std::string(255, 'a'), "", ""}, "expected at most 254 bytes"},
      {{"a@b.example", std::string(201, 'a'), ""}, "expected at most 200 bytes"},
      {{"a\xFF@b.example", "", ""}, "email \"a\\xff@b.example\": expected UTF-8 text"},
      {{"a@b.example", "M\xFCller", ""}, "display_name \"M\\xfcller\": expected UTF-8 text"},
      {{"a@b.example", "Ada\nb@b.example", ""}, "is a closing quote missing?"},
  };
  for (const Case& c : cases) {
    absl::StatusOr<UserRow> row = Map("email,display_name,role", c.record);
    EXPECT_EQ(row.status().code(), absl::StatusCode::kInvalidArgument) << c.error;
    EXPECT_EQ(ReasonOf(row.status()), reason::kInvalidField);
    EXPECT_THAT(std::string(row.status().message()), HasSubstr(c.error));
  }
}

TEST(UserColumns, TakesValuesAtTheirLimits) {
  EXPECT_TRUE(Map("email,display_name", {std::string(254, 'a'), std::string(200, 'b')}).ok());
  absl::StatusOr<UserRow> row = Map("email,display_name", {"a@b.example", "Zoë\r\n  Müller "});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->display_name, "Zoë Müller");
}

TEST(UserColumns, ListsWhatWasFoundAndWhatIsAcceptedWhenNothingFits) {
  absl::StatusOr<UserColumns> columns = UserColumns::Recognize({"Name", "Mail\x01", "Team"});
  EXPECT_EQ(columns.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(columns.status().message());
  for (const char* part :
       {"\"Name\", \"Mail\\u{0001}\", \"Team\"", "plain (email, display_name, role)",
        "google (Email Address [Required]", "entra (userPrincipalName", "okta (login"}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
}

TEST(UserColumns, ShowsOnlyTheFirstOfManyHeaders) {
  absl::StatusOr<UserColumns> columns =
      UserColumns::Recognize(Fields(10'000, std::string(1'000, 'x')));
  EXPECT_THAT(std::string(columns.status().message()), HasSubstr("and 9980 more"));
  EXPECT_LT(columns.status().message().size(), 3'000u);
}

TEST(UserColumns, HoldsToTheFormatThatIsGiven) {
  EXPECT_EQ(UserColumns::Recognize({"login", "email"}, UserFileFormat::kPlain)->format(),
            UserFileFormat::kPlain);
  absl::StatusOr<UserColumns> columns =
      UserColumns::Recognize({"email", "role"}, UserFileFormat::kOkta);
  EXPECT_EQ(columns.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(columns.status().message()), HasSubstr("those of the format okta"));
  EXPECT_THAT(std::string(columns.status().message()), Not(HasSubstr("plain")));
}

TEST(UserColumns, RefusesTwoColumnsThatMeanTheSame) {
  absl::StatusOr<UserColumns> columns = UserColumns::Recognize({"email", "role", "E-Mail"});
  EXPECT_EQ(columns.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(columns.status().message()),
              HasSubstr("the columns 1 and 3 (\"email\", \"E-Mail\") mean the same"));
}

TEST(UserFileFormat, IsNamedByAWord) {
  for (UserFileFormat format : {UserFileFormat::kPlain, UserFileFormat::kGoogleWorkspace,
                                UserFileFormat::kEntraId, UserFileFormat::kOkta}) {
    EXPECT_EQ(*ParseUserFileFormat(Name(format)), format);
  }
  EXPECT_EQ(*ParseUserFileFormat("Google"), UserFileFormat::kGoogleWorkspace);
  EXPECT_EQ(ParseUserFileFormat("ldif").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gatehouse::client
