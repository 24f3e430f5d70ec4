#include "tests/peers/oidc_idp.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

constexpr char kIdp[] = "tests/peers/oidc_idp/idp";
constexpr int kMinNodeVersion = 20;

absl::Status CheckNodeVersion() {
  ASSIGN_OR_RETURN(const std::string node, InstalledTool("node"));
  ASSIGN_OR_RETURN(std::string version, RunChecked({node, "--version"}));  // "v20.11.1"
  const std::vector<std::string> parts = absl::StrSplit(absl::StripPrefix(version, "v"), '.');
  int major = 0;
  if (!absl::SimpleAtoi(parts[0], &major) || major >= kMinNodeVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("oidc-provider needs Node.js ", kMinNodeVersion,
                                                    " or later, here is ", version));
}

}  // namespace

absl::StatusOr<std::unique_ptr<OidcIdp>> OidcIdp::Start(const std::string& redirect_uri,
                                                        const std::string& email) {
  RETURN_IF_ERROR(CheckNodeVersion());
  std::unique_ptr<OidcIdp> idp(new OidcIdp());
  idp->redirect_uri_ = redirect_uri;
  ASSIGN_OR_RETURN(idp->process_, ChildProcess::StartPeer(
                                      {DataFile(kIdp), "run", redirect_uri, email}, idp->issuer_));
  return idp;
}

absl::StatusOr<std::string> OidcIdp::SignIn(absl::string_view url) const {
  ASSIGN_OR_RETURN(std::string out,
                   RunChecked({DataFile(kIdp), "sign-in", std::string(url), redirect_uri_}));
  return std::string(absl::StripSuffix(out, "\n"));
}

}  // namespace gatehouse
