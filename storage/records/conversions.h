// Between the records on disk and the plain structs of policy/.
//
// FromRecord checks every enum value: a number that this version does not know
// is DATA_LOSS at the caller, never a default.
#ifndef GATEHOUSE_STORAGE_RECORDS_CONVERSIONS_H_
#define GATEHOUSE_STORAGE_RECORDS_CONVERSIONS_H_

#include "policy/access_token.h"
#include "policy/connection_test.h"
#include "policy/domain.h"
#include "policy/domain_lifecycle.h"
#include "policy/enforcement.h"
#include "policy/login_activity.h"
#include "policy/organization.h"
#include "policy/profile_watch.h"
#include "policy/sso_override.h"
#include "policy/sso_profile.h"
#include "policy/user.h"
#include "storage/records/records.pb.h"

namespace gatehouse::storage {

v1::OrganizationRecord ToRecord(const Organization& organization);
v1::DomainRecord ToRecord(const Domain& domain);
v1::UserRecord ToRecord(const User& user);
v1::SsoProfileRecord ToRecord(const SsoProfile& profile);
v1::ConnectionTestRecord ToRecord(const ConnectionTest& test);
v1::EnforcementRecord ToRecord(const Enforcement& enforcement);
v1::ExemptionRecord ToRecord(const Exemption& exemption);
v1::SsoOverrideRecord ToRecord(const SsoOverride& override_);
v1::LoginActivityRecord ToRecord(const LoginActivity& activity);
v1::DomainCheckRecord ToRecord(const DomainCheck& check);
v1::ProfileWatchRecord ToRecord(const ProfileWatch& watch);
v1::AccessTokenRecord ToRecord(const AccessToken& token);

// Fill in what the record holds; identity (organization, id, address) comes from
// the key and is the caller's to set. False: the record holds a value that this
// version does not know.
[[nodiscard]] bool FromRecord(const v1::OrganizationRecord& record, Organization* organization);
[[nodiscard]] bool FromRecord(const v1::DomainRecord& record, Domain* domain);
[[nodiscard]] bool FromRecord(const v1::UserRecord& record, User* user);
[[nodiscard]] bool FromRecord(const v1::SsoProfileRecord& record, SsoProfile* profile);
[[nodiscard]] bool FromRecord(const v1::ConnectionTestRecord& record, ConnectionTest* test);
[[nodiscard]] bool FromRecord(const v1::EnforcementRecord& record, Enforcement* enforcement);
[[nodiscard]] bool FromRecord(const v1::ExemptionRecord& record, Exemption* exemption);
[[nodiscard]] bool FromRecord(const v1::SsoOverrideRecord& record, SsoOverride* override_);
[[nodiscard]] bool FromRecord(const v1::LoginActivityRecord& record, LoginActivity* activity);
[[nodiscard]] bool FromRecord(const v1::DomainCheckRecord& record, DomainCheck* check);
[[nodiscard]] bool FromRecord(const v1::ProfileWatchRecord& record, ProfileWatch* watch);
[[nodiscard]] bool FromRecord(const v1::AccessTokenRecord& record, AccessToken* token);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_RECORDS_CONVERSIONS_H_
