// Notices of IdP certificates that near their end.
#ifndef GATEHOUSE_SERVER_MANAGERS_CERTIFICATE_WATCH_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_CERTIFICATE_WATCH_MANAGER_H_

#include <stop_token>

#include "absl/status/status.h"
#include "policy/sso_profile.h"
#include "server/managers/manager_context.h"

namespace gatehouse {

// Thread-safe.
class CertificateWatchManager {
 public:
  explicit CertificateWatchManager(const ManagerContext& context) : context_(context) {}

  // Puts into the audit log, once each, that a certificate which a SAML profile
  // trusts ends within 30, 14, 7 or 1 days, or has ended; of several that were
  // missed, the last. On behalf of "system/certificate-notices". The first
  // error; the profiles after it are looked at all the same.
  absl::Status GiveNotices(const std::stop_token& stop = {});

  static constexpr char kTask[] = "certificate-notices";

 private:
  absl::Status GiveNotices(const SsoProfile& profile);

  ManagerContext context_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_CERTIFICATE_WATCH_MANAGER_H_
