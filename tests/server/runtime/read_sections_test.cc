#include "server/runtime/read_sections.h"

#include <atomic>
#include <new>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace gatehouse {
namespace {

// Says whether it is alive; its memory comes and goes by the operators that
// ReadSections frees with.
struct Value {
  static constexpr uint64_t kAlive = 0x600DC0DE600DC0DE;
  std::atomic<uint64_t> state{kAlive};
  uint64_t number = 0;
};

Value* NewValue(uint64_t number) {
  auto* const value = new (::operator new(sizeof(Value))) Value;
  value->number = number;
  return value;
}

TEST(ReadSections, FreesNothingThatAReaderMayHold) {
  ReadSections sections;
  std::atomic<Value*> shared{NewValue(0)};
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      uint64_t newest = 0;
      while (!done) {
        const ReadSections::Section section(sections);
        const Value* const seen = shared.load(std::memory_order_acquire);
        // Freed memory is given out again at once, for a later value: a reader
        // that held it would see the number move.
        const uint64_t number = seen->number;
        EXPECT_GE(number, newest);
        for (int again = 0; again < 20; ++again) EXPECT_EQ(seen->number, number);
        EXPECT_EQ(seen->state, Value::kAlive);
        newest = number;
      }
    });
  }
  for (uint64_t number = 1; number <= 200'000; ++number) {
    sections.Retire(shared.exchange(NewValue(number)));
    sections.Collect();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  ::operator delete(shared.load());
}

TEST(ReadSections, LetsAReaderStayForManyRounds) {
  ReadSections sections;
  Value* const held = NewValue(7);
  std::atomic<Value*> shared{held};
  {
    const ReadSections::Section section(sections);
    const Value* const seen = shared.load();
    sections.Retire(shared.exchange(nullptr));
    for (int round = 0; round < 100; ++round) {
      sections.Collect();
      // Takes the place of whatever was freed.
      Value* const other = NewValue(1);
      EXPECT_NE(other, held);
      sections.Retire(other);
    }
    EXPECT_EQ(seen->number, 7u);
  }
}

TEST(ReadSections, NestsInOneThread) {
  ReadSections sections;
  const ReadSections::Section outer(sections);
  const ReadSections::Section inner(sections);
  sections.Retire(NewValue(1));
  sections.Collect();
}

}  // namespace
}  // namespace gatehouse
