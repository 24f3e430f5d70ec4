// application/x-www-form-urlencoded: queries of URLs and bodies of forms.
#ifndef GATEHOUSE_SERVER_CONNECTORS_FORM_ENCODING_H_
#define GATEHOUSE_SERVER_CONNECTORS_FORM_ENCODING_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gatehouse {

using FormFields = std::vector<std::pair<std::string, std::string>>;

// Everything but letters, digits, '-', '.', '_' and '~' as %XX.
std::string FormEncode(absl::string_view value);
// "a=1&b=2".
std::string FormEncode(const FormFields& fields);

// INVALID_ARGUMENT, quoting nothing: a broken escape, more than 50 fields.
absl::StatusOr<FormFields> FormDecode(absl::string_view encoded);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_FORM_ENCODING_H_
