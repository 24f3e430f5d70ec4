#include "policy/domain.h"

#include "absl/strings/str_cat.h"

namespace gatehouse {

absl::string_view Name(DomainState state) {
  switch (state) {
    case DomainState::kPending:
      return "PENDING";
    case DomainState::kVerified:
      return "VERIFIED";
    case DomainState::kAtRisk:
      return "AT_RISK";
    case DomainState::kExpired:
      return "EXPIRED";
  }
  return "UNKNOWN";
}

std::string VerificationRecordName(const DomainName& name) {
  return absl::StrCat("_gatehouse.", name.ascii());
}

std::string VerificationRecordValue(absl::string_view token) {
  return absl::StrCat("gatehouse-domain-verification=", token);
}

std::string VerificationFileUrl(const DomainName& name) {
  return absl::StrCat("https://", name.ascii(), "/.well-known/gatehouse-domain-verification.txt");
}

}  // namespace gatehouse
