// Collects what is wrong with a request, so that one error names every field.
//
//   FieldFaults faults;
//   faults.Add(CheckText("sso_profile.display_name", name, 1, 200));
//   faults.Add(CheckWebUrl("sso_profile.saml.acs_url", url));
//   RETURN_IF_ERROR(faults.Result());
#ifndef GATEHOUSE_SERVER_MANAGERS_FIELD_FAULTS_H_
#define GATEHOUSE_SERVER_MANAGERS_FIELD_FAULTS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace gatehouse {

// For a bounded number of faults: all of them travel in one error. Not
// thread-safe.
class FieldFaults {
 public:
  // OK adds nothing.
  void Add(const absl::Status& status);

  // OK if every status was. INVALID_ARGUMENT (INVALID_FIELD) with every field
  // violation and the message of the first. An error that is about no field
  // is returned in its place.
  absl::Status Result() const;

 private:
  absl::Status other_;  // the first error that is about no field
  std::string first_message_;
  std::vector<std::pair<std::string, std::string>> violations_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_FIELD_FAULTS_H_
