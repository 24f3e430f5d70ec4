#include "server/managers/rule_pages.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace gatehouse {
namespace {

size_t CeilOfRatio(size_t a, size_t b) { return (a + b - 1) / b; }

}  // namespace

EncodedMessages PackMessages(const MessageLimits& limits, const std::vector<std::string>& pieces) {
  EncodedMessages messages;
  std::string message;
  size_t count = 0;
  for (const std::string& piece : pieces) {
    if (count > 0 &&
        (count >= limits.max_pieces || message.size() + piece.size() > limits.max_bytes)) {
      messages.push_back(std::make_shared<const std::string>(std::move(message)));
      message.clear();
      count = 0;
    }
    message += piece;
    ++count;
  }
  if (count > 0) messages.push_back(std::make_shared<const std::string>(std::move(message)));
  return messages;
}

std::vector<std::string> RulePages::Apply(std::vector<Change> changes) {
  const auto is_none = [this](const Change& change) {
    const auto old = Find(change.first);
    return old ? change.second && *old == *change.second : !change.second;
  };
  changes.erase(std::remove_if(changes.begin(), changes.end(), is_none), changes.end());
  if (changes.empty()) return {};
  std::sort(changes.begin(), changes.end(),
            [](const Change& a, const Change& b) { return a.first < b.first; });

  std::vector<Page> old = std::move(pages_);
  pages_.clear();
  if (old.empty()) old.emplace_back();
  std::vector<Page> replaced;  // what pieces still refer to
  bool touched = false;        // the last of pages_
  auto change = changes.begin();
  for (size_t i = 0; i < old.size(); ++i) {
    // The first page and the last also have what comes before and after them all.
    const auto end = i + 1 == old.size()
                         ? changes.end()
                         : std::find_if(change, changes.end(), [&](const Change& c) {
                             return c.first >= old[i + 1].entries.front().domain;
                           });
    const bool joins = touched && !pages_.empty() && FitTogether(pages_.back(), old[i].entries);
    if (change == end && !joins) {
      pages_.push_back(std::move(old[i]));
      touched = false;
      continue;
    }
    std::vector<Entry> entries;
    for (Entry& entry : old[i].entries) {
      for (; change != end && change->first < entry.domain; ++change) {
        entries.push_back({change->first, *change->second});
      }
      if (change == end || change->first != entry.domain) {
        entries.push_back(std::move(entry));
      } else if (const auto& piece = (change++)->second) {
        entries.push_back({std::move(entry.domain), *piece});
      }
    }
    for (; change != end; ++change) entries.push_back({change->first, *change->second});
    if (!pages_.empty() && FitTogether(pages_.back(), entries)) {
      replaced.push_back(std::move(pages_.back()));
      pages_.pop_back();
      entries.insert(entries.begin(), std::make_move_iterator(replaced.back().entries.begin()),
                     std::make_move_iterator(replaced.back().entries.end()));
    }
    AppendPages(std::move(entries), &pages_);
    touched = true;
  }

  size_ = 0;
  for (const Page& page : pages_) size_ += page.entries.size();
  std::vector<std::string> changed;
  for (Change& c : changes) changed.push_back(std::move(c.first));
  return changed;
}

// Evenly, so that a full page that is split leaves room in both.
void RulePages::AppendPages(std::vector<Entry> entries, std::vector<Page>* pages) const {
  size_t bytes = 0;
  for (const Entry& entry : entries) bytes += entry.piece.size();
  const size_t count = std::max(CeilOfRatio(entries.size(), limits_.max_pieces),
                                CeilOfRatio(bytes, limits_.max_bytes));
  const size_t fill = count == 0 ? 0 : CeilOfRatio(entries.size(), count);
  for (size_t begin = 0; begin < entries.size();) {
    std::string text(entries[begin].piece);
    size_t end = begin + 1;
    while (end < entries.size() && end - begin < fill &&
           text.size() + entries[end].piece.size() <= limits_.max_bytes) {
      text.append(entries[end].piece.data(), entries[end].piece.size());
      ++end;
    }
    Page page;
    page.bytes = std::make_shared<const std::string>(std::move(text));
    size_t at = 0;
    for (; begin < end; ++begin) {
      const size_t size = entries[begin].piece.size();
      page.entries.push_back(
          {std::move(entries[begin].domain), absl::string_view(*page.bytes).substr(at, size)});
      at += size;
    }
    pages->push_back(std::move(page));
  }
}

// Within half of the limits, so that the page is not split again soon.
bool RulePages::FitTogether(const Page& page, const std::vector<Entry>& entries) const {
  const size_t bytes =
      std::accumulate(entries.begin(), entries.end(), page.bytes->size(),
                      [](size_t sum, const Entry& entry) { return sum + entry.piece.size(); });
  return page.entries.size() + entries.size() <= limits_.max_pieces / 2 &&
         bytes <= limits_.max_bytes / 2;
}

std::optional<absl::string_view> RulePages::Find(absl::string_view domain) const {
  auto page = std::upper_bound(
      pages_.begin(), pages_.end(), domain,
      [](absl::string_view d, const Page& p) { return d < p.entries.front().domain; });
  if (page == pages_.begin()) return std::nullopt;
  --page;
  const auto entry =
      std::lower_bound(page->entries.begin(), page->entries.end(), domain,
                       [](const Entry& e, absl::string_view d) { return e.domain < d; });
  if (entry == page->entries.end() || entry->domain != domain) return std::nullopt;
  return entry->piece;
}

EncodedMessages RulePages::Messages() const {
  EncodedMessages messages;
  for (const Page& page : pages_) messages.push_back(page.bytes);
  return messages;
}

}  // namespace gatehouse
