// Follows the metadata that IdPs publish.
#ifndef GATEHOUSE_SERVER_MANAGERS_METADATA_REFRESH_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_METADATA_REFRESH_MANAGER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/sso_profile.h"
#include "server/managers/manager_context.h"
#include "server/managers/sso_profile_manager.h"

namespace gatehouse {

enum class RefreshOutcome {
  kUnchanged,  // the metadata says what the profile says
  kChanged,    // it says something else, which was staged, or no longer does
  kFailed,     // it could not be had, or is of no use
};

// Thread-safe.
class MetadataRefreshManager {
 public:
  struct Options {
    // Between two fetches of a profile's metadata, varied by a tenth either way.
    // One that failed is repeated after a twenty-fourth of it.
    absl::Duration interval = absl::Hours(24);
    int parallelism = 4;  // fetches at a time
  };

  // `profiles` must outlive this.
  MetadataRefreshManager(const ManagerContext& context, SsoProfileManager* profiles,
                         Options options)
      : context_(context), profiles_(profiles), options_(options) {}

  // Fetches the metadata of every SAML profile with a metadata URL that is due,
  // and stages what is new. What cannot be fetched or used is remembered with the
  // profile, and is no error of this. On behalf of "system/metadata-refresh". The
  // first error of the store; the profiles after it are refreshed all the same.
  absl::Status RefreshDue(const std::stop_token& stop = {});

  // Refreshes since the start that ended so.
  int64_t refreshes(RefreshOutcome outcome) const {
    return refreshes_[static_cast<size_t>(outcome)].load(std::memory_order_relaxed);
  }

  static constexpr char kTask[] = "metadata-refresh";

 private:
  absl::StatusOr<std::vector<SsoProfile>> Due(const std::stop_token& stop) const;
  absl::Status RefreshOne(const SsoProfile& profile);

  ManagerContext context_;
  SsoProfileManager* profiles_;
  const Options options_;
  std::array<std::atomic<int64_t>, 3> refreshes_{};
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_METADATA_REFRESH_MANAGER_H_
