#include "tests/benchmark/enforce_cycles.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gatehouse/v1/enforcement_service.grpc.pb.h"
#include "gatehouse/v1/user_service.grpc.pb.h"
#include "policy/status_macros.h"

namespace gatehouse::benchmark {
namespace {

using Clock = std::chrono::steady_clock;

absl::Status ToAbsl(const grpc::Status& status, absl::string_view what) {
  if (status.ok()) return absl::OkStatus();
  return absl::AbortedError(
      absl::StrCat(what, ": code ", status.error_code(), ": ", status.error_message()));
}

// The first domain of one population, and the admin on whose behalf it is enforced.
class EnforcedDomain {
 public:
  EnforcedDomain(const LoadTarget& target, const Population& population,
                 const std::shared_ptr<grpc::Channel>& channel)
      : target_(target), population_(population), enforcements_(channel), users_(channel) {}

  absl::Status FindOwner() {
    v1::LookupUserRequest request;
    request.set_parent(Parent());
    request.set_email(population_.Email(0));
    v1::User owner;
    grpc::ClientContext context;
    Prepare(target_, &context);
    RETURN_IF_ERROR(ToAbsl(users_.LookupUser(&context, request, &owner), "LookupUser"));
    owner_ = owner.name();
    return absl::OkStatus();
  }

  absl::Status Cycle() {
    RETURN_IF_ERROR(Timed(&times_.release, [this] { return Release(); }));
    std::string plan_token;
    RETURN_IF_ERROR(Timed(&times_.plan, [&] { return Plan(&plan_token); }));
    return Timed(&times_.enforce, [&] { return Enforce(plan_token); });
  }

  EnforceTimes TakeTimes() { return std::move(times_); }

 private:
  template <typename Step>
  static absl::Status Timed(std::vector<absl::Duration>* times, const Step& step) {
    const Clock::time_point start = Clock::now();
    RETURN_IF_ERROR(step());
    times->push_back(absl::FromChrono(Clock::now() - start));
    return absl::OkStatus();
  }

  std::string Parent() const {
    return absl::StrCat("organizations/", Population::Organization(population_.first_domain));
  }
  std::string Profile() const { return absl::StrCat(Parent(), "/ssoProfiles/workforce-idp"); }
  std::string Domain() const { return Population::Domain(population_.first_domain); }

  absl::Status Release() {
    v1::ReleaseDomainsRequest request;
    request.set_parent(Parent());
    request.add_domains(Domain());
    v1::ReleaseDomainsResponse response;
    grpc::ClientContext context;
    Prepare(target_, &context);
    return ToAbsl(enforcements_.ReleaseDomains(&context, request, &response), "ReleaseDomains");
  }

  absl::Status Plan(std::string* plan_token) {
    v1::PlanEnforcementRequest request;
    request.set_parent(Parent());
    request.add_domains(Domain());
    request.set_sso_profile(Profile());
    request.set_acting_admin(owner_);
    v1::EnforcementPlan plan;
    grpc::ClientContext context;
    Prepare(target_, &context);
    RETURN_IF_ERROR(
        ToAbsl(enforcements_.PlanEnforcement(&context, request, &plan), "PlanEnforcement"));
    *plan_token = plan.plan_token();
    return absl::OkStatus();
  }

  absl::Status Enforce(const std::string& plan_token) {
    v1::EnforceDomainsRequest request;
    request.set_parent(Parent());
    request.add_domains(Domain());
    request.set_sso_profile(Profile());
    request.set_acting_admin(owner_);
    request.set_plan_token(plan_token);
    v1::EnforceDomainsResponse response;
    grpc::ClientContext context;
    Prepare(target_, &context);
    RETURN_IF_ERROR(
        ToAbsl(enforcements_.EnforceDomains(&context, request, &response), "EnforceDomains"));
    // All on the domain but its owner, who triggers it.
    const int64_t expected =
        (population_.users + population_.domains - 1) / population_.domains - 1;
    if (response.covered_count() == expected) return absl::OkStatus();
    return absl::AbortedError(absl::StrCat("EnforceDomains covered ", response.covered_count(),
                                           " users, expected ", expected));
  }

  const LoadTarget& target_;
  const Population population_;
  v1::EnforcementService::Stub enforcements_;
  v1::UserService::Stub users_;
  std::string owner_;
  EnforceTimes times_;
};

}  // namespace

absl::StatusOr<std::vector<EnforceTimes>> RunEnforceCycles(
    const LoadTarget& target, const std::vector<Population>& populations, int repetitions) {
  const auto channel = Connect(target);
  std::vector<std::unique_ptr<EnforcedDomain>> domains;
  for (const Population& population : populations) {
    domains.push_back(std::make_unique<EnforcedDomain>(target, population, channel));
    RETURN_IF_ERROR(domains.back()->FindOwner());
  }
  std::vector<EnforcedDomain*> order;
  for (const auto& domain : domains) order.push_back(domain.get());
  for (int i = 0; i < repetitions; ++i) {
    for (EnforcedDomain* domain : order) RETURN_IF_ERROR(domain->Cycle());
    std::reverse(order.begin(), order.end());
  }
  std::vector<EnforceTimes> times;
  for (const auto& domain : domains) times.push_back(domain->TakeTimes());
  return times;
}

}  // namespace gatehouse::benchmark
