#include "storage/memory_engine.h"

#include "gtest/gtest.h"
#include "tests/storage/engine_conformance.h"

namespace gatehouse::storage {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, EngineConformance,
                         ::testing::Values(EngineUnderTest{[](const std::string&, size_t commits) {
                           return NewMemoryEngine({commits});
                         }}));

TEST(MemoryEngine, HasNoCheckpoint) {
  EXPECT_EQ(NewMemoryEngine()->Checkpoint("/nowhere").code(), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace gatehouse::storage
