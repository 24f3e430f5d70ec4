#include "server/connectors/oidc_callback.h"

#include <openssl/crypto.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/connectors/form_encoding.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxQueryBytes = 16 * 1024;
constexpr size_t kMaxCodeBytes = 4 * 1024;

OidcRefusal Malformed(absl::string_view what) {
  return {ConnectionTestFailure::kMalformedResponse, absl::StrCat("the query ", what)};
}

}  // namespace

OidcResult<OidcCallback> ReadCallback(absl::string_view query, const OidcSession& session) {
  absl::ConsumePrefix(&query, "?");
  if (query.size() > kMaxQueryBytes) return Malformed("is larger than 16 KiB");
  absl::StatusOr<FormFields> fields = FormDecode(query);
  if (!fields.ok()) return Malformed(fields.status().message());
  OidcCallback callback;
  std::optional<std::string> state;
  const std::pair<absl::string_view, std::optional<std::string>*> known[] = {
      {"state", &state},
      {"code", &callback.code},
      {"iss", &callback.issuer},
      {"error", &callback.error},
      {"error_description", &callback.error_description}};
  for (auto& [name, value] : *fields) {
    for (const auto& [known_name, target] : known) {
      if (name != known_name) continue;
      // RFC 6749, 3.1. Of two, each reader could take another.
      if (target->has_value()) return Malformed(absl::StrCat("has ", known_name, " twice"));
      *target = std::move(value);
    }
  }
  if (!state || state->empty() || state->size() != session.state.size() ||
      CRYPTO_memcmp(state->data(), session.state.data(), state->size()) != 0) {
    return OidcRefusal{ConnectionTestFailure::kWrongState,
                       state ? "the answer belongs to another sign-in: its state is not this test's"
                             : "the answer has no state"};
  }
  return callback;
}

OidcResult<std::string> CodeOf(const OidcCallback& callback, const OidcProvider& provider) {
  // Before the code goes anywhere: it must not be handed to another IdP than it
  // came from.
  if (callback.issuer ? callback.issuer != provider.issuer : provider.sends_issuer) {
    return OidcRefusal{ConnectionTestFailure::kWrongIssuer,
                       absl::StrCat("iss of the answer: expected ", Shown(provider.issuer),
                                    ", found ", ShownOrNothing(callback.issuer))};
  }
  if (callback.error) {
    return OidcRefusal{ConnectionTestFailure::kIdpRefused,
                       absl::StrCat("the IdP answered with the error ", Shown(*callback.error),
                                    callback.error_description
                                        ? absl::StrCat(": ", Shown(*callback.error_description))
                                        : "")};
  }
  if (!callback.code || callback.code->empty() || callback.code->size() > kMaxCodeBytes) {
    return Malformed("has no code");
  }
  return *callback.code;
}

}  // namespace gatehouse
