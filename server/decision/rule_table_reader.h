// Reading a RuleTable from the store, whole or what commits changed of it.
#ifndef GATEHOUSE_SERVER_DECISION_RULE_TABLE_READER_H_
#define GATEHOUSE_SERVER_DECISION_RULE_TABLE_READER_H_

#include "absl/status/statusor.h"
#include "server/decision/rule_table.h"
#include "storage/stores/policy_changes.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

absl::StatusOr<RuleTable> ReadRuleTable(storage::Reader& reader);

// `table` after `changes`, which `reader` sees. Adds to `changes` the overrides
// that they concern without naming them.
absl::StatusOr<RuleTable> ReadChangedRuleTable(storage::Reader& reader, RuleTable table,
                                               storage::PolicyChanges* changes);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_RULE_TABLE_READER_H_
