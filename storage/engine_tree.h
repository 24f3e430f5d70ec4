// An immutable ordered map from key to entry: a change makes a new tree that
// shares all but the changed path with the old one. So a snapshot is a pointer,
// and an old version lives exactly as long as a snapshot that can see it.
#ifndef GATEHOUSE_STORAGE_ENGINE_TREE_H_
#define GATEHOUSE_STORAGE_ENGINE_TREE_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "storage/engine.h"

namespace gatehouse::storage {

// Cheap to copy. Thread-compatible; distinct trees may share nodes across threads.
class EntryTree {
 public:
  EntryTree() = default;

  // nullptr if absent. Valid as long as this tree or a copy of it.
  const Entry* Find(absl::string_view key) const;

  // Visits `range` in key order until `visit` returns false.
  void Scan(const KeyRange& range,
            absl::FunctionRef<bool(const std::string& key, const Entry& entry)> visit) const;

  // This tree with `key` set, or without it.
  EntryTree Put(absl::string_view key, Entry entry) const;
  EntryTree Erase(absl::string_view key) const;

 private:
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;

  explicit EntryTree(NodePtr root) : root_(std::move(root)) {}

  static NodePtr Put(const NodePtr& tree, const Node& added);
  static NodePtr Erase(const NodePtr& tree, absl::string_view key);
  static void Split(const NodePtr& tree, absl::string_view key, NodePtr* below, NodePtr* above);
  static NodePtr Merge(const NodePtr& below, const NodePtr& above);

  NodePtr root_;
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ENGINE_TREE_H_
