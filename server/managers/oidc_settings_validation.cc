#include "server/managers/oidc_settings_validation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "policy/errors.h"
#include "policy/text.h"
#include "server/managers/web_url.h"

namespace gatehouse {
namespace {

constexpr char kIssuerField[] = "sso_profile.oidc.issuer";
constexpr char kClientIdField[] = "sso_profile.oidc.client_id";
constexpr char kClientSecretField[] = "sso_profile.oidc.client_secret";
constexpr char kRedirectUriField[] = "sso_profile.oidc.redirect_uri";
constexpr char kExtraScopesField[] = "sso_profile.oidc.extra_scopes";
constexpr char kEmailClaimField[] = "sso_profile.oidc.email_claim";

// RFC 6749, appendix A: *VSCHAR.
bool IsVisible(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// RFC 6749, 3.3: 1*NQCHAR. A space would make two scopes of one.
bool IsScope(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxScopeBytes &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c <= 0x7e && c != '"' && c != '\\'; });
}

absl::Status CheckIssuer(absl::string_view issuer) {
  absl::Status status = CheckWebUrl(kIssuerField, issuer);
  if (status.ok() && absl::StrContains(issuer, "?")) {
    return InvalidField(kIssuerField, issuer, "an https URL without a query");
  }
  return status;
}

absl::Status CheckClientId(absl::string_view client_id) {
  if (!client_id.empty() && client_id.size() <= kMaxClientIdBytes && IsVisible(client_id)) {
    return absl::OkStatus();
  }
  return InvalidField(kClientIdField, client_id,
                      absl::StrCat("1 to ", kMaxClientIdBytes, " bytes of printable ASCII"));
}

absl::Status CheckClientSecret(absl::string_view secret) {
  if (secret.size() <= kMaxClientSecretBytes && IsVisible(secret)) return absl::OkStatus();
  return InvalidField(
      kClientSecretField, absl::StrCat(secret.size(), " bytes"),
      absl::StrCat("at most ", kMaxClientSecretBytes,
                   " bytes of printable ASCII, without the line break that ends a file"));
}

std::vector<std::string> NormalizeScopes(const std::vector<std::string>& scopes,
                                         FieldFaults& faults) {
  if (scopes.size() > kMaxExtraScopes) {
    faults.Add(InvalidField(kExtraScopesField, absl::StrCat(scopes.size(), " scopes"),
                            absl::StrCat("at most ", kMaxExtraScopes, " scopes")));
    return {};
  }
  std::vector<std::string> normalized;
  for (size_t i = 0; i < scopes.size(); ++i) {
    const std::string& scope = scopes[i];
    if (!IsScope(scope)) {
      faults.Add(InvalidField(absl::StrCat(kExtraScopesField, "[", i, "]"), scope,
                              "one scope of RFC 6749, 3.3: printable ASCII without a space, "
                              "quote or backslash, at most 256 bytes"));
    } else if (scope != "openid" && scope != "email" &&
               std::find(normalized.begin(), normalized.end(), scope) == normalized.end()) {
      normalized.push_back(scope);
    }
  }
  return normalized;
}

}  // namespace

OidcSettingsInput OidcSettingsInput::Complete() const {
  OidcSettingsInput complete = *this;
  if (!issuer) complete.issuer.emplace();
  if (!client_id) complete.client_id.emplace();
  if (!redirect_uri) complete.redirect_uri.emplace();
  return complete;
}

OidcSettingsInput CheckOidcInput(OidcSettingsInput input, FieldFaults& faults) {
  if (input.issuer) faults.Add(CheckIssuer(*input.issuer));
  if (input.client_id) faults.Add(CheckClientId(*input.client_id));
  if (input.client_secret) faults.Add(CheckClientSecret(*input.client_secret));
  if (input.redirect_uri) faults.Add(CheckWebUrl(kRedirectUriField, *input.redirect_uri));
  if (input.extra_scopes) input.extra_scopes = NormalizeScopes(*input.extra_scopes, faults);
  if (input.email_claim) {
    faults.Add(CheckText(kEmailClaimField, *input.email_claim, 0, kMaxEmailClaimBytes));
  }
  return input;
}

void ApplyOidcInput(const OidcSettingsInput& checked, OidcSettings& settings) {
  if (checked.issuer) settings.issuer = *checked.issuer;
  if (checked.client_id) settings.client_id = *checked.client_id;
  if (checked.redirect_uri) settings.redirect_uri = *checked.redirect_uri;
  if (checked.extra_scopes) settings.extra_scopes = *checked.extra_scopes;
  if (checked.email_claim) settings.email_claim = *checked.email_claim;
  if (checked.allow_missing_email_verified) {
    settings.allow_missing_email_verified = *checked.allow_missing_email_verified;
  }
}

}  // namespace gatehouse
