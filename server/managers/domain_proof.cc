#include "server/managers/domain_proof.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"

namespace gatehouse {
namespace {

std::string Resource(const Domain& domain) {
  return DomainNameOf(domain.organization, domain.name);
}

absl::Status FileError(const Domain& domain, absl::string_view reason, absl::string_view found) {
  const std::string url = VerificationFileUrl(domain.name);
  const std::string value = VerificationRecordValue(domain.verification_token);
  const std::string remedy = absl::StrCat("serve a file at ", url, " with the content ", value);
  return Error(absl::StatusCode::kFailedPrecondition, reason,
               absl::StrCat(url, " ", found, "; ", remedy))
      .Subject(Resource(domain), remedy)
      .Metadata("file_url", url)
      .Metadata("file_content", value)
      .Build();
}

absl::Status FileUnavailable(const Domain& domain, absl::string_view what) {
  const std::string url = VerificationFileUrl(domain.name);
  return Error(absl::StatusCode::kUnavailable, reason::kHttpsUnavailable,
               absl::StrCat(url, " could not be read: ", what, "; it is to have the content ",
                            VerificationRecordValue(domain.verification_token)))
      .Metadata("file_url", url)
      .Metadata("file_content", VerificationRecordValue(domain.verification_token))
      .Build();
}

}  // namespace

absl::Status DomainProof::Look(const Domain& domain, VerificationMethod method) const {
  return method == VerificationMethod::kHttpsFile ? LookOnWebServer(domain) : LookInDns(domain);
}

CheckOutcome DomainProof::Outcome(const absl::Status& found) {
  if (found.ok()) return CheckOutcome::kProven;
  return found.code() == absl::StatusCode::kFailedPrecondition ? CheckOutcome::kNotProven
                                                               : CheckOutcome::kUnknown;
}

absl::Status DomainProof::LookInDns(const Domain& domain) const {
  const std::string name = VerificationRecordName(domain.name);
  const std::string value = VerificationRecordValue(domain.verification_token);
  ASSIGN_OR_RETURN(std::vector<std::string> records, resolver_->LookupTxt(name));
  if (std::find(records.begin(), records.end(), value) != records.end()) return absl::OkStatus();
  const std::string remedy =
      absl::StrCat("publish a TXT record at ", name, " with the value ", value);
  if (records.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, reason::kDnsRecordMissing,
                 absl::StrCat("there is no TXT record at ", name, "; ", remedy,
                              ", and give the change time to spread"))
        .Subject(Resource(domain), remedy)
        .Metadata("record_name", name)
        .Metadata("record_value", value)
        .Build();
  }
  return Error(absl::StatusCode::kFailedPrecondition, reason::kDnsRecordWrong,
               absl::StrCat("none of the ", records.size(), " TXT records at ", name,
                            " has the expected value (the first is ", Quoted(records.front()),
                            "); ", remedy))
      .Subject(Resource(domain), remedy)
      .Metadata("record_name", name)
      .Metadata("record_value", value)
      .Build();
}

absl::Status DomainProof::LookOnWebServer(const Domain& domain) const {
  const auto answer = fetcher_->Fetch({.url = VerificationFileUrl(domain.name)});
  if (!answer.ok()) return FileUnavailable(domain, answer.status().message());
  const int status = answer->status;
  // 429 and 5xx are a server's word on itself, not on the file.
  if (status == 429 || status >= 500) {
    return FileUnavailable(domain, absl::StrCat("the server answers ", status));
  }
  if (status == 404 || status == 410) {
    return FileError(domain, reason::kHttpsFileMissing,
                     absl::StrCat("does not exist (the server answers ", status, ")"));
  }
  // Followed, an open redirect of a site would prove the site to whoever uses it.
  if (status >= 300 && status < 400) {
    return FileError(domain, reason::kHttpsFileWrong,
                     absl::StrCat("is redirected (the server answers ", status,
                                  "), and redirects are not followed"));
  }
  if (status != 200) {
    return FileError(domain, reason::kHttpsFileWrong,
                     absl::StrCat("cannot be read (the server answers ", status, ")"));
  }
  absl::string_view content = answer->body;
  absl::ConsumeSuffix(&content, "\n");
  absl::ConsumeSuffix(&content, "\r");
  if (content == VerificationRecordValue(domain.verification_token)) return absl::OkStatus();
  return FileError(domain, reason::kHttpsFileWrong, "has another content");
}

}  // namespace gatehouse
