#include "client/cli/audit_verification.h"

#include <openssl/sha.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/errors.h"
#include "policy/errors.h"

namespace gatehouse::cli {
namespace {

constexpr size_t kHashBytes = 32;

std::string Hash(absl::string_view previous_hash, absl::string_view record) {
  const std::string bytes =
      absl::StrCat("gatehouse-audit-v1", absl::string_view("\0", 1), previous_hash, record);
  std::string hash(kHashBytes, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

bool IsHexHash(absl::string_view text) {
  if (text.size() != 2 * kHashBytes) return false;
  for (char c : text) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<AuditHead> ParseAuditHead(absl::string_view text) {
  AuditHead head;
  absl::string_view rest = text;
  if (const size_t equals = rest.find('='); equals != absl::string_view::npos) {
    head.chain = std::string(rest.substr(0, equals));
    rest = rest.substr(equals + 1);
  }
  const size_t colon = rest.find(':');
  if (colon == absl::string_view::npos ||
      !absl::SimpleAtoi(rest.substr(0, colon), &head.sequence) || head.sequence < 1 ||
      !IsHexHash(rest.substr(colon + 1))) {
    return UsageError(absl::StrCat(Quoted(text),
                                   " is not the head of a chain: expected CHAIN=SEQ:HASH, as "
                                   "gatehouse audit verify prints it"));
  }
  head.hash = absl::HexStringToBytes(rest.substr(colon + 1));
  return head;
}

std::string ToText(const AuditHead& head) {
  return absl::StrCat(head.chain, "=", head.sequence, ":", absl::BytesToHexString(head.hash));
}

ChainVerifier::ChainVerifier(v1::AuditChain chain, std::vector<AuditHead> noted)
    : chain_(std::move(chain)),
      noted_(std::move(noted)),
      last_(chain_.first_sequence() == 0 ? 0 : chain_.first_sequence() - 1),
      hash_(chain_.first_sequence() == 0 ? std::string(kHashBytes, '\0')
                                         : chain_.first_previous_hash()) {
  CheckBeginning();
}

bool ChainVerifier::Fail(int64_t sequence, std::string what) {
  if (!fault_) fault_ = Fault{sequence, std::move(what)};
  return false;
}

bool ChainVerifier::CheckBeginning() {
  if (last_ == 0) {
    if (hash_ == std::string(kHashBytes, '\0')) return true;
    return Fail(1, "the chain begins with a hash, as if something stood before its first event");
  }
  if (!chain_.retention_signature_valid()) {
    return Fail(last_, "events up to this one are gone, and the server has not signed for it");
  }
  for (const AuditHead& head : noted_) {
    if (head.sequence < last_) {
      return Fail(head.sequence,
                  "the head noted here was removed by retention: note a newer one in time");
    }
  }
  return CheckHeads(last_, hash_);
}

bool ChainVerifier::CheckHeads(int64_t sequence, const std::string& hash) {
  for (const AuditHead& head : noted_) {
    if (head.sequence == sequence && head.hash != hash) {
      return Fail(sequence, "the chain was another one when its head was noted");
    }
  }
  if (sequence == chain_.last_sequence() && hash != chain_.last_hash()) {
    return Fail(sequence, "the chain ends in another event than this one");
  }
  return true;
}

bool ChainVerifier::Add(const v1::AuditEvent& event) {
  if (fault_) return false;
  const int64_t expected = last_ + 1;
  if (event.sequence() > expected) return Fail(expected, "the event is missing");
  if (event.sequence() < expected) {
    return Fail(event.sequence(),
                absl::StrCat("the event stands where event ", expected, " should"));
  }
  if (event.previous_hash() != hash_) {
    return Fail(expected, "the event does not go on from the one before");
  }
  const std::string hash = Hash(hash_, event.record());
  if (event.hash() != hash) return Fail(expected, "the event was altered");
  last_ = expected;
  hash_ = hash;
  ++events_;
  return CheckHeads(last_, hash_);
}

std::optional<ChainVerifier::Fault> ChainVerifier::Finish() {
  if (fault_) return fault_;
  if (last_ < chain_.last_sequence()) Fail(last_ + 1, "the event is missing");
  for (const AuditHead& head : noted_) {
    if (head.sequence > last_) {
      Fail(last_ + 1,
           absl::StrCat("events up to ", head.sequence, ", the head noted, are missing"));
    }
  }
  return fault_;
}

AuditHead ChainVerifier::head() const { return {chain_.name(), last_, hash_}; }

}  // namespace gatehouse::cli
