// Kinds of resources whose changes are audited.
#ifndef GATEHOUSE_STORAGE_STORES_AUDITED_KIND_H_
#define GATEHOUSE_STORAGE_STORES_AUDITED_KIND_H_

namespace gatehouse::storage {

enum class AuditedKind {
  kOrganization,
  kDomain,
  kUser,
  kSsoProfile,
  kConnectionTest,
  kEnforcement,
  kExemption,
  kSsoOverride,
  kAccessToken,
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_AUDITED_KIND_H_
