#include "server/managers/metadata_refresh_manager.h"

#include <string>
#include <utility>

#include "policy/caller.h"
#include "policy/profile_watch.h"
#include "policy/status_macros.h"
#include "server/managers/parallel.h"
#include "server/managers/profile_scan.h"
#include "server/runtime/periodic_tasks.h"
#include "storage/stores/profile_watch_store.h"
#include "storage/stores/sso_profile_store.h"

namespace gatehouse {
namespace {

constexpr double kJitter = 0.1;
constexpr int kRetriesPerInterval = 24;

// Whether `error` is of the metadata, not of our store.
bool IsOfTheMetadata(const absl::Status& error) {
  return error.code() == absl::StatusCode::kInvalidArgument ||
         error.code() == absl::StatusCode::kFailedPrecondition;
}

RefreshOutcome OutcomeOf(const std::string& failure, StagingResult result) {
  if (!failure.empty()) return RefreshOutcome::kFailed;
  return result == StagingResult::kUnchanged ? RefreshOutcome::kUnchanged
                                             : RefreshOutcome::kChanged;
}

}  // namespace

absl::Status MetadataRefreshManager::RefreshDue(const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const std::vector<SsoProfile> due, Due(stop));
  return ForEachInParallel(due, options_.parallelism, stop,
                           [this](const SsoProfile& profile) { return RefreshOne(profile); });
}

absl::StatusOr<std::vector<SsoProfile>> MetadataRefreshManager::Due(
    const std::stop_token& stop) const {
  const absl::Time now = context_.clock->Now();
  std::vector<SsoProfile> due;
  RETURN_IF_ERROR(ForEachProfile(context_, stop, [&](const SsoProfile& profile) -> absl::Status {
    if (profile.protocol != SsoProtocol::kSaml || profile.metadata_url.empty()) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
    ASSIGN_OR_RETURN(auto watch,
                     storage::ProfileWatchStore::Find(reader, profile.organization, profile.id));
    if (!watch || (*watch)->next_metadata_fetch_time <= now) due.push_back(profile);
    return absl::OkStatus();
  }));
  return due;
}

absl::Status MetadataRefreshManager::RefreshOne(const SsoProfile& profile) {
  const Caller caller = Caller::System(kTask, context_.clock->Now());
  std::string failure;
  StagingResult result = StagingResult::kUnchanged;
  const absl::StatusOr<std::string> metadata = profiles_->FetchMetadata(profile.metadata_url);
  if (metadata.ok()) {
    const auto staged = profiles_->StageMetadata(caller, {profile.organization, profile.id},
                                                 profile.metadata_url, *metadata);
    if (absl::IsNotFound(staged.status())) return absl::OkStatus();  // deleted meanwhile
    if (!staged.ok() && !IsOfTheMetadata(staged.status())) return staged.status();
    if (staged.ok()) result = *staged;
    failure = std::string(staged.status().message());
  } else {
    failure = std::string(metadata.status().message());
  }
  refreshes_[static_cast<size_t>(OutcomeOf(failure, result))].fetch_add(1,
                                                                        std::memory_order_relaxed);

  const absl::Time now = context_.clock->Now();
  const absl::Duration interval =
      failure.empty() ? options_.interval : options_.interval / kRetriesPerInterval;
  const absl::Time next = now + Jittered(interval, kJitter, *context_.random);
  auto record = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto present,
                     storage::SsoProfileStore::Find(tx, profile.organization, profile.id));
    // What was found is of a URL that is followed no more.
    if (!present || (*present)->metadata_url != profile.metadata_url) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto found,
                     storage::ProfileWatchStore::Find(tx, profile.organization, profile.id));
    ProfileWatch watch = found ? std::move(found->value) : ProfileWatch();
    watch.organization = profile.organization;
    watch.profile = profile.id;
    watch.metadata_fetch_time = now;
    watch.next_metadata_fetch_time = next;
    watch.metadata_fetch_failure = failure;
    storage::ProfileWatchStore::Put(tx, watch);
    return absl::OkStatus();
  };
  return context_.transactions->Run(caller, profile.organization, record).status();
}

}  // namespace gatehouse
