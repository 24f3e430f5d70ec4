#include <memory>
#include <string>

#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/domain_argument.h"
#include "client/cli/enum_names.h"
#include "client/cli/resource_names.h"
#include "gatehouse/v1/domain_service.grpc.pb.h"

namespace gatehouse::cli {
namespace {

using Stub = v1::DomainService::Stub;

struct DomainOptions {
  std::string domain;
  std::string request_id;
  std::string etag;
  bool https = false;
  ListOptions list;
};

Cell StateCell(v1::Domain::State state) {
  Tone tone = Tone::kPlain;
  if (state == v1::Domain::STATE_VERIFIED) tone = Tone::kGood;
  if (state == v1::Domain::STATE_PENDING) tone = Tone::kWarning;
  if (state == v1::Domain::STATE_AT_RISK || state == v1::Domain::STATE_EXPIRED) tone = Tone::kBad;
  return Cell(ShortName(state), tone);
}

// Both forms of an internationalized domain: letters of different scripts can
// look the same.
std::string Shown(const v1::Domain& domain) {
  const std::string ascii = LastPart(domain.name());
  if (domain.unicode_name().empty() || domain.unicode_name() == ascii) return ascii;
  return absl::StrCat(domain.unicode_name(), " (", ascii, ")");
}

FieldList Describe(const Session& session, const v1::Domain& domain) {
  FieldList fields;
  fields.Add("name", domain.name());
  fields.Add("domain", Shown(domain));
  fields.Add("state", StateCell(domain.state()));
  fields.Add("TXT record name", domain.verification_record_name());
  fields.Add("TXT record value", domain.verification_record_value());
  fields.Add("file URL", domain.verification_file_url());
  if (domain.verify_method() != v1::Domain::VERIFICATION_METHOD_UNSPECIFIED) {
    fields.Add("proven by", ShortName(domain.verify_method()));
  }
  if (domain.has_check_time()) {
    fields.Add("last checked", session.When(true, domain.check_time()));
  }
  if (!domain.check_failure().empty()) {
    fields.Add("check found", Cell(domain.check_failure(), Tone::kBad));
  }
  if (domain.has_expire_time()) {
    fields.Add("expires unless proven", session.When(true, domain.expire_time()));
  }
  fields.Add("managed users", Grouped(domain.managed_user_count()));
  fields.Add("independent users", Grouped(domain.independent_user_count()));
  fields.Add("claimed", session.When(domain.has_create_time(), domain.create_time()));
  fields.Add("last proven", session.When(domain.has_verify_time(), domain.verify_time()));
  fields.Add("etag", domain.etag());
  return fields;
}

absl::StatusOr<ExitCode> AddClaim(Session& session, const DomainOptions& options) {
  v1::AddDomainRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.Organization());
  request.set_domain(options.domain);
  request.set_request_id(options.request_id);
  ASSIGN_OR_RETURN(const v1::Domain added, Call(session, &Stub::AddDomain, request));
  session.Print(added, Describe(session, added));
  session.NextStep(absl::StrCat("publish that TXT record, then: gatehouse domain verify ",
                                LastPart(added.name()), " --org ", LastPart(request.parent())));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Get(Session& session, const DomainOptions& options) {
  v1::GetDomainRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), DomainResource(session, options.domain, "domains"));
  ASSIGN_OR_RETURN(const v1::Domain found, Call(session, &Stub::GetDomain, request));
  session.Print(found, Describe(session, found));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> ListAll(Session& session, const DomainOptions& options) {
  v1::ListDomainsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.Organization());
  const std::vector<ListColumn<v1::Domain>> columns = {
      {"DOMAIN", [](const v1::Domain& d) { return Shown(d); }},
      {"STATE", [](const v1::Domain& d) { return StateCell(d.state()); }},
      {"MANAGED", [](const v1::Domain& d) { return Grouped(d.managed_user_count()); },
       Align::kRight},
      {"INDEPENDENT", [](const v1::Domain& d) { return Grouped(d.independent_user_count()); },
       Align::kRight},
      {"LAST PROVEN",
       [&](const v1::Domain& d) { return session.Ago(d.has_verify_time(), d.verify_time()); }},
  };
  return List(session, &Stub::ListDomains, request, &v1::ListDomainsResponse::domains, options.list,
              columns, absl::StrCat("domains in ", request.parent()));
}

absl::StatusOr<ExitCode> Verify(Session& session, const DomainOptions& options) {
  v1::VerifyDomainRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), DomainResource(session, options.domain, "domains"));
  if (options.https) request.set_method(v1::Domain::VERIFICATION_METHOD_HTTPS_FILE);
  ASSIGN_OR_RETURN(const v1::Domain verified, Call(session, &Stub::VerifyDomain, request));
  session.Print(verified, Describe(session, verified));
  if (verified.managed_user_count() == 0) {
    session.NextStep(absl::StrCat("have its users managed: gatehouse user import FILE --org ",
                                  LastPart(OrganizationOf(verified.name()))));
  }
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Remove(Session& session, const DomainOptions& options) {
  v1::RemoveDomainRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), DomainResource(session, options.domain, "domains"));
  request.set_etag(options.etag);
  RETURN_IF_ERROR(Call(session, &Stub::RemoveDomain, request).status());
  session.Note(absl::StrCat("removed ", request.name(), "; its users stay, as independent users"));
  return ExitCode::kOk;
}

}  // namespace

void AddDomainCommands(CommandTree& tree) {
  CLI::App* noun = tree.AddNoun("domain", "Email domains: claim them, prove the claim, give up",
                                {"gatehouse domain add acme.example --org acme",
                                 "gatehouse domain verify acme.example --org acme"});
  auto options = std::make_shared<DomainOptions>();
  const std::string domain_help = "the domain (bücher.example or xn--…), or its full name";

  CLI::App* add = tree.Add(noun, "add", "Claim a domain, and show the TXT record that proves it",
                           {"gatehouse domain add acme.example --org acme"},
                           [options](Session& session) { return AddClaim(session, *options); });
  AddArgument(add, "DOMAIN", options->domain, "the domain: acme.example, bücher.example");
  AddRequestId(add, options->request_id);

  CLI::App* get = tree.Add(noun, "get", "Show a domain, its state and its TXT record",
                           {"gatehouse domain get acme.example --org acme",
                            "gatehouse domain get organizations/acme/domains/acme.example"},
                           [options](Session& session) { return Get(session, *options); });
  AddArgument(get, "DOMAIN", options->domain, domain_help);

  CLI::App* list =
      tree.Add(noun, "list", "List an organization's domains", {"gatehouse domain list --org acme"},
               [options](Session& session) { return ListAll(session, *options); });
  AddListOptions(list, options->list);

  CLI::App* verify =
      tree.Add(noun, "verify", "Look for the proof in DNS, or on the web, and hold the domain",
               {"gatehouse domain verify acme.example --org acme",
                "gatehouse domain verify acme.example --https --org acme"},
               [options](Session& session) { return Verify(session, *options); });
  AddArgument(verify, "DOMAIN", options->domain, domain_help);

  verify->add_flag("--https", options->https,
                   "look for the file on the domain's web server, not for the TXT record");

  CLI::App* remove = tree.Add(noun, "remove", "Give a domain up",
                              {"gatehouse domain remove acme.example --org acme"},
                              [options](Session& session) { return Remove(session, *options); });
  AddArgument(remove, "DOMAIN", options->domain, domain_help);
  AddEtag(remove, options->etag);
}

}  // namespace gatehouse::cli
