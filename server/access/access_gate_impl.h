// The gate by the rules of methods, the tokens in memory, and the certificates
// of the configuration.
#ifndef GATEHOUSE_SERVER_ACCESS_ACCESS_GATE_IMPL_H_
#define GATEHOUSE_SERVER_ACCESS_ACCESS_GATE_IMPL_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "server/access/access_gate.h"
#include "server/access/certificate_identities.h"
#include "server/access/method_rules.h"
#include "server/access/rate_limit.h"
#include "server/access/token_index.h"
#include "server/runtime/clock.h"
#include "server/runtime/logger.h"
#include "server/runtime/random_source.h"
#include "storage/engine.h"

namespace gatehouse {

// What the gate stands on; all must outlive it.
struct AccessGateParts {
  TokenIndex* tokens = nullptr;
  const CertificateIdentities* certificates = nullptr;
  const storage::Engine* engine = nullptr;
  const Clock* clock = nullptr;
  RandomSource* random = nullptr;
  Logger* logger = nullptr;
  // Writes the audit event of a refusal; `unwritten` refusals before it were not.
  std::function<absl::Status(const Caller&, absl::string_view resource, const absl::Status&,
                             int64_t unwritten)>
      record_refusal;
};

struct AccessGateOptions {
  // false: whoever calls is the operator "anonymous", whatever it presents.
  bool authentication = true;
  // Of each principal; 0: unlimited.
  int64_t requests_per_second = 0;
  int64_t burst = 0;
};

class AccessGateImpl final : public AccessGate {
 public:
  AccessGateImpl(const AccessGateOptions& options, AccessGateParts parts);

  Admission Admit(const CallCredentials& credentials, absl::string_view method) override;
  absl::Status Check(const CallCredentials& credentials, absl::string_view method) override;
  absl::Status Recheck(const CallCredentials& credentials, absl::string_view method) override;
  absl::Status Authorize(const Caller& caller, absl::string_view resource) override;
  void Refused(const Caller& caller, absl::string_view resource,
               const absl::Status& status) override;

 private:
  // Who a credential belongs to; valid for this call on this thread.
  struct Identity {
    const Principal* principal;
    RateBucket* bucket;
  };

  absl::StatusOr<Identity> Authenticate(const CallCredentials& credentials, absl::Time now);
  absl::StatusOr<Identity> AuthenticateToken(absl::string_view authorization, absl::Time now);
  // Whether the principal may call the method, now.
  absl::Status Permit(const Identity& identity, const MethodRule* rule, absl::Time now);
  static absl::Status PermitRole(AccessRole role, const MethodRule* rule);
  absl::Status CheckActingAdmin(const Scope& scope);

  const bool authentication_;
  const RateLimit limit_;
  const AccessGateParts parts_;
  const Principal anonymous_;
  RateBucket anonymous_bucket_;
  // Anybody can have calls refused: they shall not fill the disk with it.
  const RateLimit refusal_limit_;
  RateBucket refusal_bucket_;
  std::atomic<int64_t> unwritten_refusals_{0};
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_ACCESS_ACCESS_GATE_IMPL_H_
