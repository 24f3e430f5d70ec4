// Settings that an IdP's metadata brought and that wait for a connection test:
// how they come, how they stay in step, and how they take effect.
#ifndef GATEHOUSE_POLICY_STAGED_SETTINGS_H_
#define GATEHOUSE_POLICY_STAGED_SETTINGS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "policy/sso_profile.h"

namespace gatehouse {

enum class StagingResult {
  kUnchanged,  // the metadata says nothing new
  kStaged,     // what it says differs, and was not staged before
  kCleared,    // it says again what the profile says: nothing is left to test
};

// Stages the sign-in URL and the certificates that the IdP's metadata names, in
// place of what was staged before, if they ask something else of the IdP than
// the profile does. All other settings are the profile's.
StagingResult Stage(const std::string& idp_sso_url,
                    const std::vector<std::string>& idp_certificates, absl::Time now,
                    SsoProfile& profile);

// After an admin changed `before` into `profile`: settings of our own side
// (ACS URL, entity id, email attribute) hold for what is staged, too. A change
// of what the IdP is (entity id, sign-in URL, certificates) or of where its
// metadata is clears what is staged: it was told apart from other settings. The
// next fetch stages anew what still differs.
void KeepStagedInStep(const SsoProfile& before, SsoProfile& profile);

// `profile` as a test of the staged settings sees it: they are its settings.
// There must be some.
SsoProfile WithStagedSettings(SsoProfile profile);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_STAGED_SETTINGS_H_
