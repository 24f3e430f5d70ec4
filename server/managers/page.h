// Pages of a list.
#ifndef GATEHOUSE_SERVER_MANAGERS_PAGE_H_
#define GATEHOUSE_SERVER_MANAGERS_PAGE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse {

struct PageRequest {
  size_t size = 50;   // 1 to 1,000
  std::string after;  // cursor of the last item seen; empty: from the start
};

template <typename T>
struct Page {
  std::vector<T> items;
  std::string next;  // cursor to go on from; empty: there are no more

  // A page of at most `size` of `found`, which was read with a limit of
  // size + 1 so as to know whether there are more. `cursor` names an item.
  template <typename CursorOf>
  static Page Of(std::vector<T> found, size_t size, CursorOf cursor) {
    Page page;
    if (found.size() > size) {
      found.resize(size);
      page.next = cursor(found.back());
    }
    page.items = std::move(found);
    return page;
  }
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_PAGE_H_
