// Use cases: claiming domains and proving the claims.
#ifndef GATEHOUSE_SERVER_MANAGERS_DOMAIN_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_DOMAIN_MANAGER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "policy/caller.h"
#include "policy/domain.h"
#include "policy/domain_lifecycle.h"
#include "server/connectors/public_suffix_list.h"
#include "server/managers/domain_proof.h"
#include "server/managers/manager_context.h"
#include "server/managers/page.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/stored.h"

namespace gatehouse {

// A domain with what is counted of it, and what checks of it found.
struct DomainView {
  storage::Stored<Domain> domain;
  storage::DomainCounts counts;
  DomainCheck check;

  int64_t managed() const { return IsHeld(domain->state) ? counts.claimed : 0; }
  int64_t independent() const { return counts.users - managed(); }
};

// Thread-safe. Errors as gatehouse.v1.DomainService says.
class DomainManager {
 public:
  // All must outlive this.
  DomainManager(const ManagerContext& context, const DomainProof* proof,
                const PublicSuffixList* public_suffixes)
      : context_(context), proof_(proof), public_suffixes_(public_suffixes) {}

  struct AddCommand {
    OrganizationId organization;
    DomainName name;
    std::string request_id;
  };
  absl::StatusOr<DomainView> Add(const Caller& caller, const AddCommand& command);

  absl::StatusOr<DomainView> Get(const OrganizationId& organization, const DomainName& name);
  absl::StatusOr<Page<DomainView>> List(const OrganizationId& organization,
                                        const PageRequest& page);

  // Blocks for the lookup, outside any transaction.
  absl::StatusOr<DomainView> Verify(const Caller& caller, const OrganizationId& organization,
                                    const DomainName& name, VerificationMethod method);

  absl::Status Remove(const Caller& caller, const OrganizationId& organization,
                      const DomainName& name, std::optional<storage::Revision> version);

 private:
  ManagerContext context_;
  const DomainProof* proof_;
  const PublicSuffixList* public_suffixes_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_DOMAIN_MANAGER_H_
