// Proof that a chain of audit events is whole: every hash is computed again, from
// the bytes of the events.
#ifndef GATEHOUSE_CLIENT_CLI_AUDIT_VERIFICATION_H_
#define GATEHOUSE_CLIENT_CLI_AUDIT_VERIFICATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gatehouse/v1/audit_event.pb.h"

namespace gatehouse::cli {

// The end of a chain, as noted when it was verified before.
struct AuditHead {
  std::string chain;  // its name; empty: the only one
  int64_t sequence = 0;
  std::string hash;  // 32 bytes
};

// "SEQ:HASH" or "CHAIN=SEQ:HASH", HASH in hex. A usage error for anything else.
absl::StatusOr<AuditHead> ParseAuditHead(absl::string_view text);
// "CHAIN=SEQ:HASH".
std::string ToText(const AuditHead& head);

// Takes the events of one chain, in order.
class ChainVerifier {
 public:
  struct Fault {
    int64_t sequence = 0;
    std::string what;
  };

  // `chain`: its ends, read before its events. `noted`: heads that it must go on
  // from.
  ChainVerifier(v1::AuditChain chain, std::vector<AuditHead> noted);

  // False: there is a fault, and nothing more to learn.
  bool Add(const v1::AuditEvent& event);
  // After the last event. nullopt: the chain is whole.
  std::optional<Fault> Finish();

  // The last sound event.
  AuditHead head() const;
  int64_t events() const { return events_; }

 private:
  bool Fail(int64_t sequence, std::string what);
  bool CheckBeginning();
  bool CheckHeads(int64_t sequence, const std::string& hash);

  const v1::AuditChain chain_;
  const std::vector<AuditHead> noted_;
  int64_t last_ = 0;
  std::string hash_;
  int64_t events_ = 0;
  std::optional<Fault> fault_;
};

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_AUDIT_VERIFICATION_H_
