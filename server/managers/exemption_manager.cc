#include "server/managers/exemption_manager.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/managers/idempotent_request.h"
#include "server/managers/preconditions.h"
#include "server/managers/responsible.h"
#include "server/managers/way_in_guard.h"
#include "server/names/resource_names.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

absl::StatusOr<ExemptionView> ViewOf(storage::Reader& reader, Exemption exemption) {
  ASSIGN_OR_RETURN(auto user,
                   storage::UserStore::Find(reader, exemption.organization, exemption.user));
  if (!user) {
    return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt,
                 absl::StrCat(ExemptionNameOf(exemption.organization, exemption.user),
                              " is of a user that does not exist"))
        .Build();
  }
  ExemptionView view{.exemption = std::move(exemption), .email = (*user)->email};
  ASSIGN_OR_RETURN(auto activity, storage::LoginActivityStore::Find(
                                      reader, view.exemption.organization, view.exemption.user));
  // Else what was counted is of an exemption that the user had before.
  if (activity && (*activity)->exemption_create_time == view.exemption.create_time) {
    view.use_count = (*activity)->exemption_use_count;
    view.last_use_time = (*activity)->last_exemption_use_time;
  }
  return view;
}

absl::Status CheckCommand(const ExemptionManager::CreateCommand& command, absl::Time now) {
  if (command.kind == ExemptionKind::kTriggeringAdmin) {
    return InvalidField("exemption.kind", Name(command.kind),
                        "BREAK_GLASS or SERVICE_ACCOUNT; EnforceDomains makes TRIGGERING_ADMIN");
  }
  RETURN_IF_ERROR(CheckText("exemption.reason", command.reason, 1, kMaxNoteBytes));
  if (command.expire_time <= now) {
    return InvalidField("exemption.expire_time", absl::FormatTime(command.expire_time),
                        "a time that lies ahead");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExemptionView> ExemptionManager::Create(const Caller& caller,
                                                       const CreateCommand& command) {
  const absl::Time now = context_.clock->Now();
  RETURN_IF_ERROR(CheckCommand(command, now));
  const IdempotentRequest request(command.organization, command.request_id,
                                  {"CreateExemption", command.user.value(), Name(command.kind),
                                   command.reason, absl::FormatTime(command.expire_time)});
  const Exemption exemption{.organization = command.organization,
                            .user = command.user,
                            .kind = command.kind,
                            .reason = command.reason,
                            .approver = ResponsibleFor(caller, command.organization),
                            .create_time = now,
                            .expire_time = command.expire_time};
  auto create = [&](storage::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(CheckOrganizationExists(tx, command.organization));
    ASSIGN_OR_RETURN(auto done, request.FindResult(tx));
    if (done) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto user, storage::UserStore::Find(tx, command.organization, command.user));
    if (!user) return ResourceNotFound(UserNameOf(command.organization, command.user));
    ASSIGN_OR_RETURN(auto existing,
                     storage::ExemptionStore::Find(tx, command.organization, command.user));
    // One that has ended stands in nobody's way.
    if (existing && (*existing)->IsActiveAt(now)) {
      return ResourceExists(ExemptionNameOf(command.organization, command.user));
    }
    RETURN_IF_ERROR(storage::ExemptionStore::Put(tx, exemption));
    return request.Remember(tx, command.user.value(), now);
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, command.organization, create).status());
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(auto stored,
                   storage::ExemptionStore::Find(reader, command.organization, command.user));
  if (!stored) return ResourceNotFound(ExemptionNameOf(command.organization, command.user));
  return ViewOf(reader, std::move(stored->value));
}

absl::StatusOr<Page<ExemptionView>> ExemptionManager::List(const OrganizationId& organization,
                                                           const PageRequest& page) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  RETURN_IF_ERROR(CheckOrganizationExists(reader, organization));
  ASSIGN_OR_RETURN(auto found,
                   storage::ExemptionStore::List(reader, organization, page.after, page.size + 1));
  std::vector<ExemptionView> views;
  for (auto& exemption : found) {
    ASSIGN_OR_RETURN(ExemptionView view, ViewOf(reader, std::move(exemption.value)));
    views.push_back(std::move(view));
  }
  return Page<ExemptionView>::Of(std::move(views), page.size, [](const ExemptionView& view) {
    return view.exemption.user.value();
  });
}

absl::Status ExemptionManager::Delete(const Caller& caller, const OrganizationId& organization,
                                      const UserId& user) {
  auto remove = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto existing, storage::ExemptionStore::Find(tx, organization, user));
    if (!existing) return ResourceNotFound(ExemptionNameOf(organization, user));
    return KeepWayIn(tx, organization,
                     [&] { return storage::ExemptionStore::Delete(tx, organization, user); });
  };
  return context_.transactions->Run(caller, organization, remove).status();
}

}  // namespace gatehouse
