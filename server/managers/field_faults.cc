#include "server/managers/field_faults.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"

namespace gatehouse {

void FieldFaults::Add(const absl::Status& status) {
  if (status.ok()) return;
  const std::optional<ErrorDetails> details = DetailsOf(status);
  if (!absl::IsInvalidArgument(status) || !details || details->field_violations.empty()) {
    other_.Update(status);
    return;
  }
  if (violations_.empty()) first_message_ = std::string(status.message());
  violations_.insert(violations_.end(), details->field_violations.begin(),
                     details->field_violations.end());
}

absl::Status FieldFaults::Result() const {
  if (!other_.ok() || violations_.empty()) return other_;
  const size_t more = violations_.size() - 1;
  Error error(
      absl::StatusCode::kInvalidArgument, reason::kInvalidField,
      more == 0 ? first_message_ : absl::StrCat(first_message_, "; and ", more, " more faults"));
  for (const auto& [field, expectation] : violations_) std::move(error).Field(field, expectation);
  return std::move(error).Build();
}

}  // namespace gatehouse
