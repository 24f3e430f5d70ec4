// The encoded rules of all domains, in pages that can be sent as they are.
//
// Each rule is a piece of a message; pieces put together are a message. The bytes
// of a page are shared by whoever sends it and never change: a change of a rule
// makes another page. So the rules stand in memory once, however many streams
// are being sent them.
#ifndef GATEHOUSE_SERVER_MANAGERS_RULE_PAGES_H_
#define GATEHOUSE_SERVER_MANAGERS_RULE_PAGES_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace gatehouse {

// What goes into one message at most. A piece that is larger goes alone.
struct MessageLimits {
  size_t max_pieces = 500;
  size_t max_bytes = 256 << 10;
};

// Messages without their end, each of one or more pieces.
using EncodedMessages = std::vector<std::shared_ptr<const std::string>>;

// Puts pieces together, in order.
EncodedMessages PackMessages(const MessageLimits& limits, const std::vector<std::string>& pieces);

// Not thread-safe; what it gives away is.
class RulePages {
 public:
  explicit RulePages(const MessageLimits& limits) : limits_(limits) {}

  // By domain: its piece; no value: it has no rule.
  using Change = std::pair<std::string, std::optional<std::string>>;
  // The domains, of those in `changes` (each at most once), whose rule was another.
  std::vector<std::string> Apply(std::vector<Change> changes);

  // Valid until the next Apply; nullopt: the domain has no rule.
  std::optional<absl::string_view> Find(absl::string_view domain) const;
  EncodedMessages Messages() const;
  size_t size() const { return size_; }  // in rules

 private:
  struct Entry {
    std::string domain;
    absl::string_view piece;
  };
  struct Page {
    std::vector<Entry> entries;                // by domain; pieces are parts of `bytes`
    std::shared_ptr<const std::string> bytes;  // the pieces, one after another
  };

  void AppendPages(std::vector<Entry> entries, std::vector<Page>* pages) const;
  bool FitTogether(const Page& page, const std::vector<Entry>& entries) const;

  const MessageLimits limits_;
  std::vector<Page> pages_;  // by domain; none is empty
  size_t size_ = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_RULE_PAGES_H_
