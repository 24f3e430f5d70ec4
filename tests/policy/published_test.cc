#include "policy/published.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace gatehouse {
namespace {

TEST(Published, GivesTheNewestValue) {
  Published<int> number;
  EXPECT_EQ(number.Get(), nullptr);
  number.Set(std::make_shared<int>(1));
  EXPECT_EQ(*number.Get(), 1);
  number.Set(std::make_shared<int>(2));
  EXPECT_EQ(*number.Get(), 2);
  number.Set(nullptr);
  EXPECT_EQ(number.Get(), nullptr);
}

TEST(Published, KeepsOneApartFromAnotherInTheSameThread) {
  auto first = std::make_unique<Published<int>>();
  Published<int> second;
  first->Set(std::make_shared<int>(1));
  second.Set(std::make_shared<int>(2));
  EXPECT_EQ(*first->Get(), 1);
  EXPECT_EQ(*second.Get(), 2);
  EXPECT_EQ(*first->Get(), 1);
  // One that takes the place of another in memory is not the other.
  first = std::make_unique<Published<int>>();
  EXPECT_EQ(first->Get(), nullptr);
}

TEST(Published, ShowsAValueToWhoeverLearnsOfItsPublication) {
  Published<int> number;
  number.Set(std::make_shared<int>(0));
  std::atomic<int> known{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const int at_least = known;
        EXPECT_GE(*number.Get(), at_least);
      }
    });
  }
  for (int i = 1; i <= 20'000; ++i) {
    number.Set(std::make_shared<int>(i));
    known = i;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace gatehouse
