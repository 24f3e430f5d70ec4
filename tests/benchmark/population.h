// Who is in the store that the benchmark asks about. Every address has the same
// length, so that every answer of a kind has the same size.
#ifndef GATEHOUSE_TESTS_BENCHMARK_POPULATION_H_
#define GATEHOUSE_TESTS_BENCHMARK_POPULATION_H_

#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace gatehouse::benchmark {

// Users spread evenly over domains, one organization each. User i is on domain
// i % domains; the first on each owns its organization, and is exempt where SSO
// is enforced. Every second domain is.
struct Population {
  int users = 100'000;  // at least one per domain
  int domains = 100;    // even, so that half of them is a whole number

  static std::string Organization(int domain) { return absl::StrFormat("corp-%05d", domain); }
  static std::string Domain(int domain) {
    return absl::StrFormat("%c%05d.workforce.example", domain % 2 == 0 ? 'e' : 'o', domain);
  }
  std::string Email(int user) const {
    return absl::StrFormat("user%08d@%s", user, Domain(user % domains));
  }
  bool IsOwner(int user) const { return user < domains; }
  // Whether SSO is enforced on the domain of an address made by Email().
  static bool IsEnforced(absl::string_view email) { return email[email.find('@') + 1] == 'e'; }
};

}  // namespace gatehouse::benchmark

#endif  // GATEHOUSE_TESTS_BENCHMARK_POPULATION_H_
