// Who is in the store that the benchmark asks about. Every address has the same
// length, so that every answer of a kind has the same size.
#ifndef GATEHOUSE_TESTS_BENCHMARK_POPULATION_H_
#define GATEHOUSE_TESTS_BENCHMARK_POPULATION_H_

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace gatehouse::benchmark {

// Users spread evenly over domains, and these over organizations. User i is on
// the domain i % domains of them; the first user on each owns its organization.
// SSO is enforced on every second domain, its owners aside.
struct Population {
  int users = 100'000;  // at least one per domain
  int domains = 100;    // even, so that half of them is a whole number
  // The numbers of its domains and organizations begin here, so that a store can
  // hold several populations. Even.
  int first_domain = 0;
  // Even too: an organization's domains are all enforced, or none is.
  int max_organizations = 100;

  // Domain first_domain + i is of organization first_domain + i % organizations().
  int organizations() const { return std::min(domains, max_organizations); }
  static std::string Organization(int organization) {
    return absl::StrFormat("corp-%05d", organization);
  }
  static std::string Domain(int domain) {
    return absl::StrFormat("%c%05d.workforce.example", domain % 2 == 0 ? 'e' : 'o', domain);
  }
  std::string Email(int user) const {
    return absl::StrFormat("user%08d@%s", user, Domain(first_domain + user % domains));
  }
  bool IsOwner(int user) const { return user < domains; }
  // Whether SSO is enforced on a domain made by Domain(), or its address.
  static bool IsEnforced(absl::string_view email) {
    return email.substr(email.find('@') + 1).front() == 'e';
  }
};

}  // namespace gatehouse::benchmark

#endif  // GATEHOUSE_TESTS_BENCHMARK_POPULATION_H_
