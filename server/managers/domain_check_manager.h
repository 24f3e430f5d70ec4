// The server's own checks that organizations still prove the domains they hold.
#ifndef GATEHOUSE_SERVER_MANAGERS_DOMAIN_CHECK_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_DOMAIN_CHECK_MANAGER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/domain.h"
#include "policy/domain_lifecycle.h"
#include "server/managers/domain_proof.h"
#include "server/managers/manager_context.h"

namespace gatehouse {

// Thread-safe.
class DomainCheckManager {
 public:
  struct Options {
    // Between two checks of a domain, varied by a tenth either way. A check that
    // nobody answered is repeated after a twenty-fourth of it.
    absl::Duration interval = absl::Hours(24);
    int parallelism = 4;  // checks at a time
  };

  // `proof` must outlive this.
  DomainCheckManager(const ManagerContext& context, const DomainProof* proof, Options options)
      : context_(context), proof_(proof), options_(options) {}

  // Checks every held domain that is due, by the method that last proved it, and
  // commits what follows (policy/domain_lifecycle.h) on behalf of
  // "system/domain-checks". Blocks until all are done or, once a stop is
  // requested, those under way. The first error of the store; the domains after
  // it are checked all the same.
  //
  // Without a check for a way in (docs/architecture.md, rule 9): that a proof is
  // gone cannot be refused. Where it matters is a subdomain that expires under a
  // parent whose enforcement covers subdomains: it follows the parent from then
  // on (docs/rollout.md).
  absl::Status CheckDue(const std::stop_token& stop = {});

  // Checks since the start that ended so.
  int64_t checks(CheckOutcome outcome) const {
    return checks_[static_cast<size_t>(outcome)].load(std::memory_order_relaxed);
  }

  static constexpr char kTask[] = "domain-checks";

 private:
  absl::StatusOr<std::vector<Domain>> Due() const;
  absl::Status CheckOne(const Domain& domain);

  ManagerContext context_;
  const DomainProof* proof_;
  const Options options_;
  std::array<std::atomic<int64_t>, 3> checks_{};
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_DOMAIN_CHECK_MANAGER_H_
