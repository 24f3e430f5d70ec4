// Use cases: claiming domains and proving the claims.
#ifndef GATEHOUSE_SERVER_MANAGERS_DOMAIN_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_DOMAIN_MANAGER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "policy/caller.h"
#include "policy/domain.h"
#include "server/connectors/public_suffix_list.h"
#include "server/connectors/txt_resolver.h"
#include "server/managers/manager_context.h"
#include "server/managers/page.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/stored.h"

namespace gatehouse {

// A domain with what is counted of it.
struct DomainView {
  storage::Stored<Domain> domain;
  storage::DomainCounts counts;

  int64_t managed() const { return IsHeld(domain->state) ? counts.claimed : 0; }
  int64_t independent() const { return counts.users - managed(); }
};

// Thread-safe. Errors as gatehouse.v1.DomainService says.
class DomainManager {
 public:
  // All must outlive this.
  DomainManager(const ManagerContext& context, TxtResolver* resolver,
                const PublicSuffixList* public_suffixes)
      : context_(context), resolver_(resolver), public_suffixes_(public_suffixes) {}

  struct AddCommand {
    OrganizationId organization;
    DomainName name;
    std::string request_id;
  };
  absl::StatusOr<DomainView> Add(const Caller& caller, const AddCommand& command);

  absl::StatusOr<DomainView> Get(const OrganizationId& organization, const DomainName& name);
  absl::StatusOr<Page<DomainView>> List(const OrganizationId& organization,
                                        const PageRequest& page);

  // Blocks for a DNS lookup, outside any transaction.
  absl::StatusOr<DomainView> Verify(const Caller& caller, const OrganizationId& organization,
                                    const DomainName& name);

  absl::Status Remove(const Caller& caller, const OrganizationId& organization,
                      const DomainName& name, std::optional<storage::Revision> version);

 private:
  ManagerContext context_;
  TxtResolver* resolver_;
  const PublicSuffixList* public_suffixes_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_DOMAIN_MANAGER_H_
