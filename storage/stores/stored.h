// A value read from a store, with the version it had.
#ifndef GATEHOUSE_STORAGE_STORES_STORED_H_
#define GATEHOUSE_STORAGE_STORES_STORED_H_

#include "storage/engine.h"

namespace gatehouse::storage {

template <typename T>
struct Stored {
  T value;
  // Revision of the commit that wrote it; 0: written by this transaction.
  Revision mod_revision = 0;

  const T* operator->() const { return &value; }
  T* operator->() { return &value; }
  const T& operator*() const { return value; }
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_STORED_H_
