// Looks for the proof of a claim, in DNS or on the domain's web server.
#ifndef GATEHOUSE_SERVER_MANAGERS_DOMAIN_PROOF_H_
#define GATEHOUSE_SERVER_MANAGERS_DOMAIN_PROOF_H_

#include "absl/status/status.h"
#include "policy/domain.h"
#include "policy/domain_lifecycle.h"
#include "server/connectors/http_fetcher.h"
#include "server/connectors/txt_resolver.h"

namespace gatehouse {

// Thread-safe.
class DomainProof {
 public:
  // Both must outlive this.
  DomainProof(TxtResolver* resolver, HttpFetcher* fetcher)
      : resolver_(resolver), fetcher_(fetcher) {}

  // OK: the proof is there. FAILED_PRECONDITION (DNS_RECORD_MISSING,
  // DNS_RECORD_WRONG, HTTPS_FILE_MISSING, HTTPS_FILE_WRONG): it is not; the error
  // says what to publish where. UNAVAILABLE (DNS_UNAVAILABLE, HTTPS_UNAVAILABLE):
  // nobody answered. Blocks, outside any transaction.
  absl::Status Look(const Domain& domain, VerificationMethod method) const;

  // What an answer of Look says of the claim.
  static CheckOutcome Outcome(const absl::Status& found);

 private:
  absl::Status LookInDns(const Domain& domain) const;
  absl::Status LookOnWebServer(const Domain& domain) const;

  TxtResolver* resolver_;
  HttpFetcher* fetcher_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_DOMAIN_PROOF_H_
