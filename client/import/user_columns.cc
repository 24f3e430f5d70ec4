#include "client/import/user_columns.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "client/utf8.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::client {
namespace {

// Limits of ImportUsersRequest.Row. A longer value is refused here, so that a
// message of 1,000 rows stays far below gRPC's 4 MiB.
constexpr size_t kMaxEmailBytes = 254;
constexpr size_t kMaxDisplayNameBytes = 200;

constexpr size_t kMaxHeadersShown = 20;

// The columns of one format, by normalized name, in order of preference.
struct Format {
  UserFileFormat format;
  absl::string_view name;
  absl::string_view shown;  // in errors
  // One of these must be there, and tells the format.
  std::vector<absl::string_view> identity;
  std::vector<absl::string_view> email;
  std::vector<absl::string_view> display_name;
  std::vector<absl::string_view> names;
  std::vector<absl::string_view> role;
  std::vector<absl::string_view> status;
};

// In the order in which they are tried: Okta's and Entra's files may have a
// column "email" too.
const std::vector<Format>& Formats() {
  static const auto& formats = *new std::vector<Format>{
      {.format = UserFileFormat::kEntraId,
       .name = "entra",
       .shown = "userPrincipalName, mail, displayName, givenName, surname, accountEnabled",
       .identity = {"userprincipalname"},
       .email = {"mail", "userprincipalname"},
       .display_name = {"displayname"},
       .names = {"givenname", "surname"},
       .role = {},
       .status = {"accountenabled"}},
      {.format = UserFileFormat::kOkta,
       .name = "okta",
       .shown = "login, email, displayName, firstName, lastName, status",
       .identity = {"login", "oktausername"},
       .email = {"email", "primaryemail", "login", "oktausername"},
       .display_name = {"displayname", "userfullname"},
       .names = {"firstname", "lastname"},
       .role = {},
       .status = {"status", "oktauserstatus"}},
      {.format = UserFileFormat::kGoogleWorkspace,
       .name = "google",
       .shown = "Email Address [Required], First Name [Required], Last Name [Required], "
                "Status [READ ONLY]",
       .identity = {"emailaddress"},
       .email = {"emailaddress"},
       .display_name = {},
       .names = {"firstname", "lastname"},
       .role = {},
       .status = {"status"}},
      {.format = UserFileFormat::kPlain,
       .name = "plain",
       .shown = "email, display_name, role",
       .identity = {"email"},
       .email = {"email"},
       .display_name = {"displayname"},
       .names = {},
       .role = {"role"},
       .status = {}},
  };
  return formats;
}

const Format& FormatOf(UserFileFormat format) {
  return *std::find_if(Formats().begin(), Formats().end(),
                       [format](const Format& f) { return f.format == format; });
}

// "First Name [Required]" -> "firstname".
std::string Normalized(absl::string_view header) {
  header = absl::StripAsciiWhitespace(header);
  if (absl::EndsWith(header, "]")) header = header.substr(0, header.rfind('['));
  std::string name;
  for (const char c : header) {
    if (c != ' ' && c != '_' && c != '-') name.push_back(absl::ascii_tolower(c));
  }
  return name;
}

absl::Status HeaderError(absl::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, reason::kInvalidField,
               absl::StrCat("header: ", what))
      .Field("header", "the columns of a known format");
}

std::string Shown(const std::vector<std::string>& header) {
  std::vector<std::string> shown;
  for (size_t i = 0; i < header.size() && i < kMaxHeadersShown; ++i) {
    shown.push_back(Quoted(header[i]));
  }
  if (header.size() > kMaxHeadersShown) {
    shown.push_back(absl::StrCat("and ", header.size() - kMaxHeadersShown, " more"));
  }
  return absl::StrJoin(shown, ", ");
}

absl::Status NoFormatFits(const std::vector<std::string>& header,
                          std::optional<UserFileFormat> wanted) {
  std::string message = absl::StrCat("found the columns ", Shown(header), ": expected ");
  if (wanted.has_value()) {
    absl::StrAppend(&message, "those of the format ", Name(*wanted), " (", FormatOf(*wanted).shown,
                    ")");
  } else {
    absl::StrAppend(&message, "those of one of the formats ",
                    absl::StrJoin(Formats(), "; ", [](std::string* out, const Format& format) {
                      absl::StrAppend(out, format.name, " (", format.shown, ")");
                    }));
  }
  return HeaderError(message);
}

// The columns that have one of the `wanted` names, in that order.
absl::StatusOr<std::vector<size_t>> Find(const std::vector<std::string>& header,
                                         absl::Span<const absl::string_view> wanted) {
  std::vector<size_t> found;
  for (const absl::string_view name : wanted) {
    std::optional<size_t> first;
    for (size_t i = 0; i < header.size(); ++i) {
      if (Normalized(header[i]) != name) continue;
      if (first.has_value()) {
        return HeaderError(absl::StrCat("the columns ", *first + 1, " and ", i + 1, " (",
                                        Quoted(header[*first]), ", ", Quoted(header[i]),
                                        ") mean the same: expected one of them"));
      }
      first = i;
    }
    if (first.has_value()) found.push_back(*first);
  }
  return found;
}

absl::StatusOr<std::optional<size_t>> FindOne(const std::vector<std::string>& header,
                                              absl::Span<const absl::string_view> wanted) {
  ASSIGN_OR_RETURN(const std::vector<size_t> found, Find(header, wanted));
  return found.empty() ? std::nullopt : std::optional<size_t>(found.front());
}

absl::Status CheckText(absl::string_view field, absl::string_view value, size_t max_bytes) {
  if (!IsUtf8(value)) {
    return InvalidField(field, value, "UTF-8 text (is the file saved as \"CSV UTF-8\"?)");
  }
  if (value.size() > max_bytes) {
    return InvalidField(field, value, absl::StrCat("at most ", max_bytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> DisplayName(absl::string_view written) {
  std::string name(absl::StripAsciiWhitespace(written));
  if (name.find_first_of("\r\n") != std::string::npos) {
    if (absl::StrContains(name, '@')) {
      return InvalidField("display_name", name,
                          "no address and line break in a name (is a closing quote missing?)");
    }
    name = absl::StrJoin(absl::StrSplit(name, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty()), " ");
  }
  RETURN_IF_ERROR(CheckText("display_name", name, kMaxDisplayNameBytes));
  return name;
}

absl::StatusOr<std::optional<Role>> ParseRole(absl::string_view written) {
  const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(written));
  if (word.empty()) return std::nullopt;
  if (word == "member") return Role::kMember;
  if (word == "admin") return Role::kAdmin;
  if (word == "owner") return Role::kOwner;
  return InvalidField("role", written, "member, admin, owner, or nothing");
}

// Google: Suspended, Archived. Entra: accountEnabled is False. Okta: SUSPENDED,
// DEPROVISIONED (shown as Deactivated).
bool IsInactive(absl::string_view written) {
  static constexpr std::array<absl::string_view, 5> kInactive = {"suspended", "archived", "false",
                                                                 "deprovisioned", "deactivated"};
  const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(written));
  return std::find(kInactive.begin(), kInactive.end(), word) != kInactive.end();
}

}  // namespace

absl::string_view Name(UserFileFormat format) { return FormatOf(format).name; }

absl::StatusOr<UserFileFormat> ParseUserFileFormat(absl::string_view word) {
  for (const Format& format : Formats()) {
    if (absl::EqualsIgnoreCase(word, format.name)) return format.format;
  }
  return InvalidField("format", word, "plain, google, entra or okta");
}

absl::StatusOr<UserColumns> UserColumns::Recognize(const std::vector<std::string>& header,
                                                   std::optional<UserFileFormat> wanted) {
  for (const Format& format : Formats()) {
    if (wanted.has_value() && format.format != *wanted) continue;
    ASSIGN_OR_RETURN(const std::vector<size_t> identity, Find(header, format.identity));
    if (identity.empty()) continue;
    UserColumns columns;
    columns.format_ = format.format;
    ASSIGN_OR_RETURN(columns.email_, Find(header, format.email));
    ASSIGN_OR_RETURN(columns.display_name_, FindOne(header, format.display_name));
    ASSIGN_OR_RETURN(columns.names_, Find(header, format.names));
    ASSIGN_OR_RETURN(columns.role_, FindOne(header, format.role));
    ASSIGN_OR_RETURN(columns.status_, FindOne(header, format.status));
    return columns;
  }
  return NoFormatFits(header, wanted);
}

std::string UserColumns::Email(const std::vector<std::string>& record) const {
  for (const size_t column : email_) {
    const absl::string_view email = absl::StripAsciiWhitespace(record[column]);
    if (!email.empty()) return std::string(email);
  }
  return "";
}

absl::StatusOr<UserRow> UserColumns::Map(const std::vector<std::string>& record) const {
  UserRow row;
  row.email = Email(record);
  if (row.email.empty()) return InvalidField("email", "", "an address");
  // The principal name of a guest without a mail address.
  if (format_ == UserFileFormat::kEntraId && absl::StrContains(row.email, "#EXT#")) {
    return InvalidField("email", row.email,
                        "an address in the column mail, as this guest has none");
  }
  RETURN_IF_ERROR(CheckText("email", row.email, kMaxEmailBytes));

  std::string name;
  if (display_name_.has_value()) name = record[*display_name_];
  if (absl::StripAsciiWhitespace(name).empty()) {
    std::vector<absl::string_view> parts;
    for (const size_t column : names_) {
      const absl::string_view part = absl::StripAsciiWhitespace(record[column]);
      if (!part.empty()) parts.push_back(part);
    }
    name = absl::StrJoin(parts, " ");
  }
  ASSIGN_OR_RETURN(row.display_name, DisplayName(name));
  if (role_.has_value()) {
    ASSIGN_OR_RETURN(row.role, ParseRole(record[*role_]));
  }
  row.inactive = status_.has_value() && IsInactive(record[*status_]);
  return row;
}

}  // namespace gatehouse::client
