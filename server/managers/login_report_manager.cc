#include "server/managers/login_report_manager.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/automatic_pause.h"
#include "policy/domain.h"
#include "policy/errors.h"
#include "policy/login_activity.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/decision/store_facts.h"
#include "storage/stores/enforcement_counts_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxFailureReasonBytes = 200;
constexpr absl::Duration kResolution = absl::Hours(1);
constexpr char kAutomaticPauseActor[] = "system/automatic-pause";

absl::Status CheckReport(const LoginReport& report) {
  const bool by_sso = report.method == LoginMethod::kSso;
  if (by_sso != report.profile.has_value()) {
    return InvalidField("sso_profile", by_sso ? "" : "a profile",
                        by_sso ? "the profile that was used" : "nothing unless method is SSO");
  }
  if (report.outcome == LoginOutcome::kFailed && !by_sso) {
    return InvalidField("outcome", "FAILED", "SUCCEEDED unless method is SSO");
  }
  if (report.outcome == LoginOutcome::kSucceeded && !report.failure_reason.empty()) {
    return InvalidField("failure_reason", report.failure_reason,
                        "nothing unless outcome is FAILED");
  }
  // It is shown to people who may not know each other's addresses.
  if (absl::StrContains(report.failure_reason, "@")) {
    return InvalidField("failure_reason", "(a text with '@')", "no address");
  }
  return CheckText("failure_reason", report.failure_reason, 0, kMaxFailureReasonBytes);
}

// The rule that the address falls under; nullopt if nobody holds its domain.
absl::StatusOr<std::optional<DomainRule>> FindRule(storage::Reader& reader,
                                                   const EmailAddress& email) {
  StoreFacts facts(reader);
  ASSIGN_OR_RETURN(const DecisionFacts known, facts.ForAddress(email));
  if (known.rule == nullptr || !IsHeld(known.rule->state)) return std::nullopt;
  return *known.rule;
}

// Whether something that last happened at `last` is worth a commit at `now`:
// not twice within the resolution, but again after `since`.
bool IsDue(absl::Time last, absl::Time since, absl::Time now) {
  return last < since || now - last >= kResolution;
}

void AddProof(LoginActivity& activity, const SsoProfileId& profile, absl::Time now) {
  activity.proofs.emplace(profile, now);
  while (activity.proofs.size() > LoginActivity::kMaxProofs) {
    activity.proofs.erase(std::min_element(
        activity.proofs.begin(), activity.proofs.end(),
        [](const auto& left, const auto& right) { return left.second < right.second; }));
  }
}

// One report of a known user on its way into a transaction.
class ReportKeeper {
 public:
  ReportKeeper(storage::Transaction& tx, const LoginReport& report, const DomainRule& rule,
               const User& user, absl::Time now)
      : tx_(tx), report_(report), rule_(rule), user_(user), now_(now) {}

  absl::Status Keep() {
    ASSIGN_OR_RETURN(auto stored,
                     storage::LoginActivityStore::Find(tx_, user_.organization, user_.id));
    if (stored) activity_ = std::move(stored->value);
    activity_.organization = user_.organization;
    activity_.user = user_.id;
    if (report_.method == LoginMethod::kSso) {
      RETURN_IF_ERROR(KeepSso());
    } else {
      KeepSignIn();
      if (report_.method == LoginMethod::kPassword) RETURN_IF_ERROR(KeepExemptionUse());
    }
    if (changed_) storage::LoginActivityStore::Put(tx_, activity_);
    return absl::OkStatus();
  }

 private:
  void KeepSignIn() {
    if (!IsDue(activity_.last_sign_in_time, absl::InfinitePast(), now_)) return;
    activity_.last_sign_in_time = now_;
    changed_ = true;
  }

  absl::Status KeepSso() {
    const SsoProfileId& id = report_.profile->profile;
    if (report_.profile->organization != user_.organization) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto profile, storage::SsoProfileStore::Find(tx_, user_.organization, id));
    if (!profile) return absl::OkStatus();
    // What a suspended or independent user does says nothing about enforcement.
    const bool counts = user_.claimed && !user_.suspended;
    const Enforcement* const enforcement =
        counts && rule_.enforcement && rule_.enforcement->profile == id ? &*rule_.enforcement
                                                                        : nullptr;
    const absl::Time since =
        enforcement != nullptr ? CountedSince(*enforcement, **profile, now_) : absl::InfinitePast();
    const bool noted = report_.outcome == LoginOutcome::kSucceeded
                           ? NoteSsoSuccess(id, since, counts)
                           : NoteSsoFailure(since);
    if (!noted) return absl::OkStatus();
    changed_ = true;
    return enforcement != nullptr ? CountOutcome(*enforcement, since) : absl::OkStatus();
  }

  bool NoteSsoSuccess(const SsoProfileId& profile, absl::Time since, bool proves) {
    const bool new_proof = proves && activity_.proofs.count(profile) == 0;
    if (!new_proof && activity_.last_sso_profile == profile &&
        activity_.last_sso_failure_time == absl::InfinitePast() &&
        !IsDue(activity_.last_sso_sign_in_time, since, now_)) {
      KeepSignIn();
      return false;
    }
    if (new_proof) AddProof(activity_, profile, now_);
    activity_.last_sign_in_time = now_;
    activity_.last_sso_sign_in_time = now_;
    activity_.last_sso_profile = profile;
    activity_.last_sso_failure_time = absl::InfinitePast();
    return true;
  }

  bool NoteSsoFailure(absl::Time since) {
    if (!IsDue(activity_.last_sso_failure_time, since, now_)) return false;
    activity_.last_sso_failure_time = now_;
    return true;
  }

  absl::Status CountOutcome(const Enforcement& enforcement, absl::Time since) {
    ASSIGN_OR_RETURN(
        storage::EnforcementCounts counts,
        storage::EnforcementCountsStore::Get(tx_, enforcement.organization, enforcement.domain));
    counts.StartSignInsAt(since);
    const bool failed = report_.outcome == LoginOutcome::kFailed;
    ++(failed ? counts.sso_failures : counts.sso_successes);
    storage::EnforcementCountsStore::Put(tx_, enforcement.organization, enforcement.domain, counts);
    const SsoOutcomes outcomes{counts.sso_successes, counts.sso_failures};
    if (!failed || !IsPauseDue(enforcement, since, outcomes, now_)) return absl::OkStatus();
    return PauseEnforcement(enforcement, since, outcomes);
  }

  absl::Status PauseEnforcement(Enforcement enforcement, absl::Time since,
                                const SsoOutcomes& outcomes) {
    std::string reason =
        absl::StrCat("SSO failed in ", outcomes.failures, " of ",
                     outcomes.failures + outcomes.successes, " sign-ins counted since ",
                     absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", since, absl::UTCTimeZone()));
    if (!report_.failure_reason.empty()) {
      absl::StrAppend(&reason, "; the last one: ", Quoted(report_.failure_reason));
    }
    tx_.Describe({.kind = AuditEventKind::kAutomaticPause,
                  .resource = EnforcementNameOf(enforcement.organization, enforcement.domain),
                  .description = reason});
    enforcement.pause = Pause{.time = now_,
                              .automatic = true,
                              .reason = std::move(reason),
                              .actor = kAutomaticPauseActor};
    return storage::EnforcementStore::Put(tx_, enforcement);
  }

  absl::Status KeepExemptionUse() {
    if (user_.suspended) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto exemption,
                     storage::ExemptionStore::Find(tx_, user_.organization, user_.id));
    if (!exemption || !(*exemption)->IsActiveAt(now_)) return absl::OkStatus();
    if (activity_.exemption_create_time != (*exemption)->create_time) {
      activity_.exemption_create_time = (*exemption)->create_time;
      activity_.exemption_use_count = 0;
    }
    ++activity_.exemption_use_count;
    activity_.last_exemption_use_time = now_;
    changed_ = true;
    if ((*exemption)->kind == ExemptionKind::kBreakGlass) {
      tx_.Describe({.kind = AuditEventKind::kBreakGlassUse,
                    .resource = ExemptionNameOf(user_.organization, user_.id),
                    .description = absl::StrCat(
                        "signed in with a password; use ", activity_.exemption_use_count,
                        " of the exemption for ", Quoted((*exemption)->reason))});
    }
    return absl::OkStatus();
  }

  storage::Transaction& tx_;
  const LoginReport& report_;
  const DomainRule& rule_;
  const User& user_;
  const absl::Time now_;
  LoginActivity activity_;
  bool changed_ = false;
};

absl::Status KeepReport(storage::Transaction& tx, const LoginReport& report, const DomainRule& rule,
                        absl::Time now) {
  ASSIGN_OR_RETURN(auto user, storage::UserStore::FindByEmail(tx, rule.organization, report.email));
  if (!user) return absl::OkStatus();
  return ReportKeeper(tx, report, rule, **user, now).Keep();
}

}  // namespace

absl::StatusOr<storage::Revision> LoginReportManager::Report(const Caller& caller,
                                                             const LoginReport& report) {
  RETURN_IF_ERROR(CheckReport(report));
  const absl::Time now = context_.clock->Now();
  // Most reports tell nothing new. A rehearsal finds that out, and the
  // organization, without waiting for those that change something.
  ASSIGN_OR_RETURN(auto snapshot, context_.transactions->engine().NewSnapshot());
  storage::Transaction rehearsal(std::move(snapshot));
  ASSIGN_OR_RETURN(const std::optional<DomainRule> rule, FindRule(rehearsal, report.email));
  if (!rule) return 0;
  RETURN_IF_ERROR(KeepReport(rehearsal, report, *rule, now));
  if (!rehearsal.has_writes()) return rehearsal.revision();

  const OrganizationId& organization = rule->organization;
  auto keep = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const std::optional<DomainRule> current, FindRule(tx, report.email));
    // The domain has changed hands since the rehearsal.
    if (!current || current->organization != organization) return absl::OkStatus();
    return KeepReport(tx, report, *current, now);
  };
  return context_.transactions->Run(caller, organization, keep);
}

}  // namespace gatehouse
