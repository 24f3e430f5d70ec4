#include "storage/engine_tree.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"

namespace gatehouse::storage {

// A treap: ordered by key, and a heap by `priority`, which is the key's hash. So the shape
// depends on the keys alone, and its expected depth is logarithmic in any order of insertion.
struct EntryTree::Node {
  struct Item {
    std::string key;
    Entry entry;
  };

  std::shared_ptr<const Item> item;  // shared by all copies of the node
  size_t priority;
  NodePtr left;
  NodePtr right;

  absl::string_view key() const { return item->key; }
  NodePtr With(NodePtr new_left, NodePtr new_right) const {
    return std::make_shared<const Node>(
        Node{item, priority, std::move(new_left), std::move(new_right)});
  }
};

const Entry* EntryTree::Find(absl::string_view key) const {
  const Node* node = root_.get();
  while (node != nullptr) {
    int order = key.compare(node->key());
    if (order == 0) return &node->item->entry;
    node = order < 0 ? node->left.get() : node->right.get();
  }
  return nullptr;
}

void EntryTree::Scan(
    const KeyRange& range,
    absl::FunctionRef<bool(const std::string& key, const Entry& entry)> visit) const {
  std::vector<const Node*> path;  // nodes yet to visit, each with its right subtree
  for (const Node* node = root_.get(); node != nullptr;) {
    bool below = node->key() < range.start;
    if (!below) path.push_back(node);
    node = below ? node->right.get() : node->left.get();
  }
  while (!path.empty()) {
    const Node* node = path.back();
    path.pop_back();
    if (!range.end.empty() && node->key() >= range.end) return;
    if (!visit(node->item->key, node->item->entry)) return;
    for (node = node->right.get(); node != nullptr; node = node->left.get()) path.push_back(node);
  }
}

EntryTree EntryTree::Put(absl::string_view key, Entry entry) const {
  size_t priority = absl::HashOf(key);
  auto item = std::make_shared<const Node::Item>(Node::Item{std::string(key), std::move(entry)});
  return EntryTree(Put(root_, Node{std::move(item), priority, nullptr, nullptr}));
}

EntryTree EntryTree::Erase(absl::string_view key) const {
  return Find(key) == nullptr ? *this : EntryTree(Erase(root_, key));
}

EntryTree::NodePtr EntryTree::Put(const NodePtr& tree, const Node& added) {
  if (tree == nullptr) return added.With(nullptr, nullptr);
  int order = added.key().compare(tree->key());
  if (order == 0) return added.With(tree->left, tree->right);
  // A node of the same key has the same priority, so it cannot be below this one.
  if (added.priority > tree->priority) {
    NodePtr below, above;
    Split(tree, added.key(), &below, &above);
    return added.With(std::move(below), std::move(above));
  }
  return order < 0 ? tree->With(Put(tree->left, added), tree->right)
                   : tree->With(tree->left, Put(tree->right, added));
}

EntryTree::NodePtr EntryTree::Erase(const NodePtr& tree, absl::string_view key) {
  int order = key.compare(tree->key());
  if (order == 0) return Merge(tree->left, tree->right);
  return order < 0 ? tree->With(Erase(tree->left, key), tree->right)
                   : tree->With(tree->left, Erase(tree->right, key));
}

void EntryTree::Split(const NodePtr& tree, absl::string_view key, NodePtr* below, NodePtr* above) {
  if (tree == nullptr) return;
  NodePtr part;
  if (tree->key() < key) {
    Split(tree->right, key, &part, above);
    *below = tree->With(tree->left, std::move(part));
  } else {
    Split(tree->left, key, below, &part);
    *above = tree->With(std::move(part), tree->right);
  }
}

EntryTree::NodePtr EntryTree::Merge(const NodePtr& below, const NodePtr& above) {
  if (below == nullptr) return above;
  if (above == nullptr) return below;
  return below->priority > above->priority ? below->With(below->left, Merge(below->right, above))
                                           : above->With(Merge(below, above->left), above->right);
}

}  // namespace gatehouse::storage
