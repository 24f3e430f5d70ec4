#include "server/managers/certificate_watch_manager.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "policy/caller.h"
#include "policy/certificate_expiry.h"
#include "policy/profile_watch.h"
#include "policy/status_macros.h"
#include "server/connectors/certificates.h"
#include "server/managers/profile_scan.h"
#include "server/names/resource_names.h"
#include "storage/stores/profile_watch_store.h"
#include "storage/stores/sso_profile_store.h"

namespace gatehouse {
namespace {

using Warned = ProfileWatch::Warned;

struct Notice {
  CertificateInfo certificate;
  int days;
};

// What is to be said of `certificates` beyond `warned`, which becomes what will
// have been said: nothing of certificates that are gone.
std::vector<Notice> TakeNotices(const std::vector<CertificateInfo>& certificates, absl::Time now,
                                std::vector<Warned>& warned) {
  std::vector<Notice> notices;
  std::vector<Warned> said;
  for (const CertificateInfo& certificate : certificates) {
    const std::optional<int> days = ExpiryNoticeDays(certificate.not_after, now);
    if (!days) continue;
    const bool is_said = std::any_of(warned.begin(), warned.end(), [&](const Warned& w) {
      return w.sha256_fingerprint == certificate.sha256_fingerprint && w.days <= *days;
    });
    if (!is_said) notices.push_back({certificate, *days});
    said.push_back({.sha256_fingerprint = certificate.sha256_fingerprint, .days = *days});
  }
  warned = std::move(said);
  return notices;
}

std::string Describe(const Notice& notice) {
  const std::string end =
      absl::FormatTime("%Y-%m-%d %H:%M UTC", notice.certificate.not_after, absl::UTCTimeZone());
  const std::string which = absl::StrCat("the IdP's certificate with the SHA-256 fingerprint ",
                                         notice.certificate.sha256_fingerprint);
  if (notice.days == 0) return absl::StrCat(which, " expired at ", end);
  return absl::StrCat(which, " expires within ", notice.days, notice.days == 1 ? " day" : " days",
                      ", at ", end, "; add its successor to the profile");
}

absl::StatusOr<std::vector<CertificateInfo>> CertificatesOf(const SsoProfile& profile) {
  std::vector<CertificateInfo> certificates;
  if (profile.protocol != SsoProtocol::kSaml) return certificates;
  for (const std::string& pem : profile.saml.idp_certificates) {
    ASSIGN_OR_RETURN(CertificateInfo info, ParseCertificate("certificate", pem));
    certificates.push_back(std::move(info));
  }
  return certificates;
}

absl::StatusOr<ProfileWatch> WatchOf(storage::Reader& reader, const SsoProfile& profile) {
  ASSIGN_OR_RETURN(auto found,
                   storage::ProfileWatchStore::Find(reader, profile.organization, profile.id));
  if (found) return std::move(found->value);
  ProfileWatch none;
  none.organization = profile.organization;
  none.profile = profile.id;
  return none;
}

}  // namespace

absl::Status CertificateWatchManager::GiveNotices(const std::stop_token& stop) {
  absl::Status first_error;
  RETURN_IF_ERROR(ForEachProfile(context_, stop, [&](const SsoProfile& profile) {
    first_error.Update(GiveNotices(profile));
    return absl::OkStatus();
  }));
  return first_error;
}

absl::Status CertificateWatchManager::GiveNotices(const SsoProfile& profile) {
  const absl::Time now = context_.clock->Now();
  auto give = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto present,
                     storage::SsoProfileStore::Find(tx, profile.organization, profile.id));
    if (!present) return absl::OkStatus();
    ASSIGN_OR_RETURN(const auto certificates, CertificatesOf(**present));
    ASSIGN_OR_RETURN(const ProfileWatch before, WatchOf(tx, profile));
    ProfileWatch watch = before;
    for (const Notice& notice : TakeNotices(certificates, now, watch.warned)) {
      tx.Describe({.kind = AuditEventKind::kCertificateExpiry,
                   .resource = SsoProfileNameOf(profile.organization, profile.id),
                   .description = Describe(notice)});
    }
    if (watch != before) storage::ProfileWatchStore::Put(tx, watch);
    return absl::OkStatus();
  };
  return context_.transactions->Run(Caller::System(kTask, now), profile.organization, give)
      .status();
}

}  // namespace gatehouse
