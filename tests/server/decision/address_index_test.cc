#include "server/decision/address_index.h"

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace gatehouse {
namespace {

using Kind = AddressEntry::Kind;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::string KeyOf(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string key(AddressHasher::kKeyBytes, ' ');
  for (char& byte : key) byte = static_cast<char>(random());
  return key;
}

TEST(AddressHasher, TellsOrganizationsDomainsAndLocalPartsApart) {
  const AddressHasher hasher(KeyOf(1));
  const uint64_t hash = hasher.Hash("acme", "a.test", "u");
  EXPECT_EQ(hash, hasher.Hash("acme", "a.test", "u"));
  EXPECT_NE(hash, hasher.Hash("other", "a.test", "u"));
  EXPECT_NE(hash, hasher.Hash("acme", "b.test", "u"));
  EXPECT_NE(hash, hasher.Hash("acme", "a.test", "v"));
  EXPECT_NE(hash, AddressHasher(KeyOf(2)).Hash("acme", "a.test", "u"));
  // A local part may contain what stands between the parts.
  EXPECT_NE(hasher.Hash("acme", "a.test", "u/v"), hasher.Hash("acme", "a.test", "u_v"));
}

TEST(AddressHasher, TakesAddressesOfAnyLength) {
  const AddressHasher hasher(KeyOf(1));
  const std::string longest(600, 'x');
  EXPECT_NE(hasher.Hash("acme", "a.test", longest), hasher.Hash("acme", "a.test", longest + "y"));
}

TEST(AddressEntry, KeepsClaimTimesToTheMillisecondAndNeverEarlier) {
  AddressIndex index;
  for (const absl::Duration offset :
       {absl::ZeroDuration(), absl::Nanoseconds(1), absl::Microseconds(1), absl::Microseconds(999),
        absl::Milliseconds(1), absl::Hours(24 * 365 * 100)}) {
    const absl::Time claimed = kNow + offset;
    index.Put(1, AddressEntry::Managed(claimed), index.size() == 0);
    const auto found = index.Find(1);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->kind, Kind::kManaged);
    EXPECT_GE(found->claim_time, claimed);
    EXPECT_LT(found->claim_time - claimed, absl::Milliseconds(1));
    EXPECT_EQ(found->exact, found->claim_time == claimed);
  }
}

TEST(AddressEntry, AsksTheStoreAboutTimesThatItCannotKeep) {
  for (const absl::Time time : {absl::InfinitePast(), absl::InfiniteFuture(),
                                absl::FromUnixSeconds(-1), absl::FromUnixSeconds(1LL << 40)}) {
    EXPECT_EQ(AddressEntry::Managed(time).kind, Kind::kAskStore) << time;
  }
}

TEST(AddressIndex, IsAMapThroughRandomChanges) {
  std::mt19937_64 random(1);
  AddressIndex index;
  std::map<uint64_t, absl::Time> expected;
  // Few shards with many entries, and the ends of each.
  auto some_hash = [&] {
    const uint64_t shard = random() % 3 * ((uint64_t{1} << 17) - 1) << 46;
    switch (random() % 4) {
      case 0:
        return shard;
      case 1:
        return shard | ((uint64_t{1} << 46) - 1);
      default:
        return shard | (random() % 200) << 38;
    }
  };
  for (int step = 0; step < 50'000; ++step) {
    const uint64_t hash = some_hash();
    const bool present = expected.contains(hash);
    if (random() % 3 != 0) {
      const absl::Time time = kNow + absl::Milliseconds(static_cast<int64_t>(random() % 100'000));
      index.Put(hash, AddressEntry::Managed(time), !present);
      expected[hash] = time;
    } else {
      index.Erase(hash);
      expected.erase(hash);
    }
    index.Collect();
    ASSERT_EQ(index.size(), expected.size());
    const uint64_t probe = some_hash();
    const auto found = index.Find(probe);
    const auto known = expected.find(probe);
    ASSERT_EQ(found.has_value(), known != expected.end());
    if (found) {
      ASSERT_EQ(found->claim_time, known->second);
    }
  }
  for (const auto& [hash, time] : expected) ASSERT_EQ(index.Find(hash)->claim_time, time);
}

TEST(AddressIndex, KeepsAHashThatTwoAddressesShare) {
  AddressIndex index;
  index.Put(5, AddressEntry::Managed(kNow), /*is_new=*/true);
  index.Put(5, {.kind = Kind::kIndependent}, /*is_new=*/true);
  EXPECT_EQ(index.Find(5)->kind, Kind::kShared);
  // Neither the change nor the end of one says anything about the other.
  index.Put(5, {.kind = Kind::kIndependent}, /*is_new=*/false);
  EXPECT_EQ(index.Find(5)->kind, Kind::kShared);
  index.Erase(5);
  EXPECT_EQ(index.Find(5)->kind, Kind::kShared);
  index.Clear();
  EXPECT_FALSE(index.Find(5));
}

TEST(AddressIndex, GivesBackItsMemory) {
  AddressIndex index;
  const size_t empty = index.bytes();
  std::mt19937_64 random(2);
  for (int i = 0; i < 1'000; ++i) index.Put(random(), {.kind = Kind::kIndependent}, true);
  EXPECT_EQ(index.size(), 1'000u);
  // At least its own, and little more.
  EXPECT_GE(index.bytes() - empty, 12'000u);
  EXPECT_LE(index.bytes() - empty, 16'000u);
  index.Clear();
  index.Collect();
  EXPECT_EQ(index.size(), 0u);
  EXPECT_EQ(index.bytes(), empty);
}

TEST(AddressIndex, ShowsReadersWholeEntriesWhileItChanges) {
  AddressIndex index;
  // Two that stay, with one that comes and goes between them.
  index.Put(10, AddressEntry::Managed(kNow), true);
  index.Put(30, {.kind = Kind::kIndependent}, true);
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const auto first = index.Find(10);
        const auto last = index.Find(30);
        ASSERT_TRUE(first && last);
        EXPECT_EQ(first->claim_time, kNow);
        EXPECT_EQ(last->kind, Kind::kIndependent);
        const auto between = index.Find(20);
        if (between) {
          EXPECT_EQ(between->claim_time, kNow + absl::Hours(1));
        }
      }
    });
  }
  for (int i = 0; i < 50'000; ++i) {
    index.Put(20, AddressEntry::Managed(kNow + absl::Hours(1)), true);
    index.Erase(20);
    index.Collect();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace gatehouse
