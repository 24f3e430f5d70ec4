// EmailAddress: the only form in which Gatehouse holds a mail address.
#ifndef GATEHOUSE_POLICY_EMAIL_ADDRESS_H_
#define GATEHOUSE_POLICY_EMAIL_ADDRESS_H_

#include <compare>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/domain_name.h"

namespace gatehouse {

// A mailbox in canonical form: the local part as the NFC of its canonical
// caseless form (Unicode D145: NFD, full case folding), the domain as
// DomainName. Two addresses are equal if and only if their canonical forms are;
// so `Alice@Example.com` and `alice@EXAMPLE.COM` are one user, and so are
// `straße@` and `STRASSE@` (but `straße.example` and `strasse.example` are two
// domains). Letters that only look alike (Latin a, Cyrillic а) stay apart.
class EmailAddress {
 public:
  // The empty address; never the result of Parse.
  EmailAddress() = default;

  // INVALID_ARGUMENT naming `field`: not exactly one '@'; an empty local part
  // or one above 64 bytes, or an address above 254 bytes (RFC 5321 4.5.3.1,
  // errata 1690); a quoted local part, a leading, trailing or doubled dot;
  // any ASCII character outside RFC 5322 atext and '.'; control characters,
  // spaces or invalid UTF-8; unassigned, private-use, surrogate, format (Cf),
  // separator (Z) or invisible (Default_Ignorable) code points in the local
  // part; a bad domain (see DomainName). Other characters are allowed (SMTPUTF8,
  // RFC 6531). All of it holds for both the given and the canonical form.
  static absl::StatusOr<EmailAddress> Parse(absl::string_view field, absl::string_view address);
  // For a canonical form that Parse made before (read from a record).
  static EmailAddress FromTrusted(absl::string_view local, DomainName domain);

  const std::string& local() const { return local_; }
  const DomainName& domain() const { return domain_; }
  // local@ascii-domain.
  std::string Canonical() const;
  // For logs: the domain only, "***@example.com".
  std::string Redacted() const;

  friend bool operator==(const EmailAddress&, const EmailAddress&) = default;
  friend auto operator<=>(const EmailAddress&, const EmailAddress&) = default;

 private:
  std::string local_;
  DomainName domain_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_EMAIL_ADDRESS_H_
