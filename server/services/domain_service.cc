#include "server/services/domain_service.h"

#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "server/services/requests.h"

namespace gatehouse {
namespace {

v1::Domain Render(const DomainView& view) {
  v1::Domain domain;
  domain.set_name(DomainNameOf(view.domain->organization, view.domain->name));
  domain.set_unicode_name(view.domain->name.Unicode());
  // policy/domain.h and the API number states and methods alike.
  domain.set_state(static_cast<v1::Domain::State>(view.domain->state));
  domain.set_verification_record_name(VerificationRecordName(view.domain->name));
  domain.set_verification_record_value(VerificationRecordValue(view.domain->verification_token));
  *domain.mutable_create_time() = RenderTime(view.domain->create_time);
  if (view.domain->verify_time != absl::InfinitePast()) {
    *domain.mutable_verify_time() = RenderTime(view.domain->verify_time);
    domain.set_verify_method(
        static_cast<v1::Domain::VerificationMethod>(view.domain->verify_method));
  }
  domain.set_verification_file_url(VerificationFileUrl(view.domain->name));
  if (view.check.check_time != absl::InfinitePast()) {
    *domain.mutable_check_time() = RenderTime(view.check.check_time);
  }
  domain.set_check_failure(view.check.failure);
  if (view.domain->state == DomainState::kAtRisk) {
    *domain.mutable_expire_time() = RenderTime(view.domain->expire_time);
  }
  domain.set_managed_user_count(view.managed());
  domain.set_independent_user_count(view.independent());
  domain.set_etag(RenderEtag(view.domain.mod_revision));
  return domain;
}

}  // namespace

grpc::ServerUnaryReactor* DomainService::AddDomain(grpc::CallbackServerContext* context,
                                                   const v1::AddDomainRequest* request,
                                                   v1::Domain* response) {
  return calls_->Unary(
      context, "DomainService/AddDomain", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::Domain> {
        DomainManager::AddCommand command;
        ASSIGN_OR_RETURN(command.organization, ParseOrganizationName("parent", request->parent()));
        ASSIGN_OR_RETURN(command.name, DomainName::Parse("domain", request->domain()));
        command.request_id = request->request_id();
        ASSIGN_OR_RETURN(DomainView view, manager_->Add(caller, command));
        return Render(view);
      });
}

grpc::ServerUnaryReactor* DomainService::GetDomain(grpc::CallbackServerContext* context,
                                                   const v1::GetDomainRequest* request,
                                                   v1::Domain* response) {
  return calls_->Unary(
      context, "DomainService/GetDomain", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::Domain> {
        ASSIGN_OR_RETURN(DomainResource name, ParseDomainResource("name", request->name()));
        ASSIGN_OR_RETURN(DomainView view, manager_->Get(name.organization, name.domain));
        return Render(view);
      });
}

grpc::ServerUnaryReactor* DomainService::ListDomains(grpc::CallbackServerContext* context,
                                                     const v1::ListDomainsRequest* request,
                                                     v1::ListDomainsResponse* response) {
  return calls_->Unary(
      context, "DomainService/ListDomains", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::ListDomainsResponse> {
        ASSIGN_OR_RETURN(OrganizationId parent, ParseOrganizationName("parent", request->parent()));
        ASSIGN_OR_RETURN(PageRequest page, ParsePage(request->page_size(), request->page_token(),
                                                     {"domains", parent.value()}));
        ASSIGN_OR_RETURN(auto found, manager_->List(parent, page));
        v1::ListDomainsResponse list;
        for (const DomainView& view : found.items) *list.add_domains() = Render(view);
        list.set_next_page_token(RenderPageToken(found.next, {"domains", parent.value()}));
        return list;
      });
}

grpc::ServerUnaryReactor* DomainService::VerifyDomain(grpc::CallbackServerContext* context,
                                                      const v1::VerifyDomainRequest* request,
                                                      v1::Domain* response) {
  return calls_->Unary(
      context, "DomainService/VerifyDomain", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::Domain> {
        ASSIGN_OR_RETURN(DomainResource name, ParseDomainResource("name", request->name()));
        ASSIGN_OR_RETURN(
            const VerificationMethod method,
            (ParseEnum<VerificationMethod>("method", request->method(), VerificationMethod::kDns,
                                           v1::Domain::VerificationMethod_IsValid)));
        ASSIGN_OR_RETURN(DomainView view,
                         manager_->Verify(caller, name.organization, name.domain, method));
        return Render(view);
      });
}

grpc::ServerUnaryReactor* DomainService::RemoveDomain(grpc::CallbackServerContext* context,
                                                      const v1::RemoveDomainRequest* request,
                                                      google::protobuf::Empty* response) {
  return calls_->Unary(
      context, "DomainService/RemoveDomain", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<google::protobuf::Empty> {
        ASSIGN_OR_RETURN(DomainResource name, ParseDomainResource("name", request->name()));
        ASSIGN_OR_RETURN(auto version, ParseEtag("etag", request->etag()));
        RETURN_IF_ERROR(manager_->Remove(caller, name.organization, name.domain, version));
        return google::protobuf::Empty();
      });
}

}  // namespace gatehouse
