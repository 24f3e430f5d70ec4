#include "server/managers/domain_manager.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/managers/idempotent_request.h"
#include "server/managers/preconditions.h"
#include "server/managers/way_in_guard.h"
#include "server/names/resource_names.h"
#include "storage/stores/domain_check_store.h"
#include "storage/stores/enforcement_store.h"

namespace gatehouse {
namespace {

constexpr size_t kTokenBytes = 16;

absl::StatusOr<DomainView> ViewOf(storage::Reader& reader, storage::Stored<Domain> domain) {
  ASSIGN_OR_RETURN(auto counts,
                   storage::DomainStore::Counts(reader, domain->organization, domain->name));
  ASSIGN_OR_RETURN(auto check,
                   storage::DomainCheckStore::Find(reader, domain->organization, domain->name));
  return DomainView{std::move(domain), counts, std::move(check)};
}

// FAILED_PRECONDITION if another organization holds the domain. Who it is stays
// unsaid.
absl::Status CheckNotHeldElsewhere(storage::Reader& reader, const OrganizationId& organization,
                                   const DomainName& name) {
  ASSIGN_OR_RETURN(auto holder, storage::DomainStore::FindHolder(reader, name));
  if (!holder || (*holder)->organization == organization || !IsHeld((*holder)->state)) {
    return absl::OkStatus();
  }
  return Error(absl::StatusCode::kFailedPrecondition, reason::kDomainHeldElsewhere,
               absl::StrCat("domain \"", name.ascii(), "\" is held by another organization"))
      .Subject(DomainNameOf(organization, name),
               "held by another organization; it must give the domain up first")
      .Build();
}

}  // namespace

absl::StatusOr<DomainView> DomainManager::Add(const Caller& caller, const AddCommand& command) {
  if (public_suffixes_->IsPublicSuffix(command.name)) {
    const char* expectation = "a domain that one organization can own, not a public suffix";
    return Error(absl::StatusCode::kInvalidArgument, reason::kPublicSuffix,
                 absl::StrCat("domain \"", command.name.ascii(), "\": expected ", expectation))
        .Field("domain", expectation)
        .Build();
  }
  const IdempotentRequest request(command.organization, command.request_id,
                                  {"AddDomain", command.name.ascii()});
  const absl::Time now = context_.clock->Now();
  const std::string token = NewHexText(*context_.random, kTokenBytes);
  auto add = [&](storage::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(CheckOrganizationExists(tx, command.organization));
    ASSIGN_OR_RETURN(auto done, request.FindResult(tx));
    if (done) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto existing,
                     storage::DomainStore::Find(tx, command.organization, command.name));
    if (existing) return ResourceExists(DomainNameOf(command.organization, command.name));
    RETURN_IF_ERROR(storage::DomainStore::Put(tx, {.organization = command.organization,
                                                   .name = command.name,
                                                   .state = DomainState::kPending,
                                                   .verification_token = token,
                                                   .create_time = now}));
    return request.Remember(tx, command.name.ascii(), now);
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, command.organization, add).status());
  return Get(command.organization, command.name);
}

absl::StatusOr<DomainView> DomainManager::Get(const OrganizationId& organization,
                                              const DomainName& name) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(auto domain, storage::DomainStore::Find(reader, organization, name));
  if (!domain) return ResourceNotFound(DomainNameOf(organization, name));
  return ViewOf(reader, *std::move(domain));
}

absl::StatusOr<Page<DomainView>> DomainManager::List(const OrganizationId& organization,
                                                     const PageRequest& page) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  RETURN_IF_ERROR(CheckOrganizationExists(reader, organization));
  ASSIGN_OR_RETURN(auto found,
                   storage::DomainStore::List(reader, organization, page.after, page.size + 1));
  std::vector<DomainView> views;
  for (auto& domain : found) {
    ASSIGN_OR_RETURN(DomainView view, ViewOf(reader, std::move(domain)));
    views.push_back(std::move(view));
  }
  return Page<DomainView>::Of(std::move(views), page.size,
                              [](const DomainView& view) { return view.domain->name.ascii(); });
}

absl::StatusOr<DomainView> DomainManager::Verify(const Caller& caller,
                                                 const OrganizationId& organization,
                                                 const DomainName& name,
                                                 VerificationMethod method) {
  ASSIGN_OR_RETURN(DomainView before, Get(organization, name));
  RETURN_IF_ERROR(proof_->Look(*before.domain, method));
  auto verify = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto domain, storage::DomainStore::Find(tx, organization, name));
    // Removed, or removed and claimed anew, while the proof was looked for: it is of another
    // claim.
    if (!domain || (*domain)->verification_token != before.domain->verification_token) {
      return ResourceNotFound(DomainNameOf(organization, name));
    }
    RETURN_IF_ERROR(CheckNotHeldElsewhere(tx, organization, name));
    ASSIGN_OR_RETURN(DomainCheck check, storage::DomainCheckStore::Find(tx, organization, name));
    if (!check.failure.empty()) {
      check.failure.clear();
      storage::DomainCheckStore::Put(tx, check);
    }
    const Domain proven = AfterProof(**domain, method, context_.clock->Now());
    // An EXPIRED domain returns with its enforcement, which may block again
    // whoever could sign in meanwhile.
    return KeepWayIn(tx, organization, [&] { return storage::DomainStore::Put(tx, proven); });
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, organization, verify).status());
  return Get(organization, name);
}

absl::Status DomainManager::Remove(const Caller& caller, const OrganizationId& organization,
                                   const DomainName& name,
                                   std::optional<storage::Revision> version) {
  const std::string resource = DomainNameOf(organization, name);
  auto remove = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto domain, storage::DomainStore::Find(tx, organization, name));
    if (!domain) return ResourceNotFound(resource);
    RETURN_IF_ERROR(CheckVersion(version, domain->mod_revision, resource));
    ASSIGN_OR_RETURN(auto enforcement, storage::EnforcementStore::Find(tx, organization, name));
    if (enforcement) {
      return Error(absl::StatusCode::kFailedPrecondition, reason::kDomainEnforced,
                   absl::StrCat("domain \"", name.ascii(), "\" is enforced; release it first"))
          .Subject(EnforcementNameOf(organization, name), "release it first")
          .Build();
    }
    return storage::DomainStore::Delete(tx, **domain);
  };
  return context_.transactions->Run(caller, organization, remove).status();
}

}  // namespace gatehouse
