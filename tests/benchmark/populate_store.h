// Fills a store as administrators would: through the API of a Gatehouse server,
// here in process, whose DNS is a fake and whose identity provider is a test's.
#ifndef GATEHOUSE_TESTS_BENCHMARK_POPULATE_STORE_H_
#define GATEHOUSE_TESTS_BENCHMARK_POPULATE_STORE_H_

#include <memory>

#include "absl/status/status.h"
#include "storage/engine.h"
#include "storage/secrets/secret_box.h"
#include "tests/benchmark/population.h"

namespace gatehouse::benchmark {

// Creates organizations, verifies domains, imports users; on enforced domains
// connects and tests a SAML profile and enforces it. Closes `engine`, which must
// not have the population yet. INVALID_ARGUMENT: the population is none. Otherwise
// the error of the first call that failed.
absl::Status PopulateStore(const Population& population, std::unique_ptr<storage::Engine> engine,
                           std::unique_ptr<storage::SecretBox> secrets);

}  // namespace gatehouse::benchmark

#endif  // GATEHOUSE_TESTS_BENCHMARK_POPULATE_STORE_H_
