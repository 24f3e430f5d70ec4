#include "tests/peers/saml_idp.h"

#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

constexpr char kIdp[] = "tests/peers/saml_idp/idp";

std::string UrlEncode(absl::string_view value) {
  std::string encoded;
  for (const char c : value) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      encoded.push_back(c);
    } else {
      absl::StrAppend(&encoded, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return encoded;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SamlIdp>> SamlIdp::Start(const Options& options) {
  std::unique_ptr<SamlIdp> idp(new SamlIdp());
  std::vector<std::string> argv = {DataFile(kIdp), "run", idp->directory_.path()};
  for (const auto& [name, value] : options) argv.push_back(absl::StrCat(name, "=", value));
  ASSIGN_OR_RETURN(idp->process_, ChildProcess::StartPeer(argv, idp->metadata_url_));
  std::ifstream file(absl::StrCat(idp->directory_.path(), "/metadata.xml"));
  std::ostringstream metadata;
  metadata << file.rdbuf();
  idp->metadata_ = metadata.str();
  return idp;
}

absl::StatusOr<SamlIdp::SignInResult> SamlIdp::SignIn(absl::string_view url,
                                                      const Options& options) {
  std::string with_options(url);
  for (const auto& [name, value] : options) {
    absl::StrAppend(&with_options, absl::StrContains(with_options, '?') ? "&" : "?", name, "=",
                    UrlEncode(value));
  }
  ASSIGN_OR_RETURN(std::string out, RunChecked({DataFile(kIdp), "sign-in", with_options}));
  const std::vector<std::string> lines = absl::StrSplit(out, '\n');
  if (lines.size() < 2) return absl::InternalError(absl::StrCat("unexpected output: ", out));
  return SignInResult{lines[0], lines[1]};
}

}  // namespace gatehouse
