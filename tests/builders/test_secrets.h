// A key ring for tests in which secrets do not matter.
#ifndef GATEHOUSE_TESTS_BUILDERS_TEST_SECRETS_H_
#define GATEHOUSE_TESTS_BUILDERS_TEST_SECRETS_H_

#include <string>

#include "storage/secrets/secret_box.h"

namespace gatehouse {

// The box of one fixed key; it lives as long as the process.
inline const storage::SecretBox& TestSecretBox() {
  static const storage::SecretBox* const box =
      storage::SecretBox::FromKeyRing(std::string(64, '7')).value().release();
  return *box;
}

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_BUILDERS_TEST_SECRETS_H_
