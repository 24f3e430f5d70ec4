#include "server/connectors/psl_public_suffix_list.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

std::string FileWith(const std::string& content) {
  static int count = 0;
  const std::string path = absl::StrCat(::testing::TempDir(), "/list-", ++count);
  std::ofstream(path) << content;
  return path;
}

DomainName Name(const std::string& text) {
  const absl::StatusOr<DomainName> name = DomainName::Parse("name", text);
  EXPECT_TRUE(name.ok()) << name.status();
  return *name;
}

TEST(PslPublicSuffixList, KnowsTheBuiltInList) {
  const auto list = NewPslPublicSuffixList("");
  ASSERT_TRUE(list.ok()) << list.status();
  for (const char* suffix : {"co.uk", "com.au", "github.io", "blogspot.com", "kawasaki.jp",
                             "anything.kawasaki.jp", "公司.cn", "xn--55qx5d.cn", "CO.UK"}) {
    EXPECT_TRUE((*list)->IsPublicSuffix(Name(suffix))) << suffix;
  }
  for (const char* name : {"example.co.uk", "acme.example", "acme.github.io", "city.kawasaki.jp",
                           "example.com", "example.公司.cn", "no-such.no-such-tld"}) {
    EXPECT_FALSE((*list)->IsPublicSuffix(Name(name))) << name;
  }
}

TEST(PslPublicSuffixList, TakesTheOperatorsFileInstead) {
  const auto list = NewPslPublicSuffixList(
      FileWith("// ===BEGIN ICANN DOMAINS===\ncom\n*.acme.example\n!www.acme.example\n"
               "// ===END ICANN DOMAINS===\n// ===BEGIN PRIVATE DOMAINS===\nbücher.example\n"
               "// ===END PRIVATE DOMAINS===\n"));
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_TRUE((*list)->IsPublicSuffix(Name("any.acme.example")));
  EXPECT_TRUE((*list)->IsPublicSuffix(Name("xn--bcher-kva.example")));
  EXPECT_FALSE((*list)->IsPublicSuffix(Name("www.acme.example")));
  EXPECT_FALSE((*list)->IsPublicSuffix(Name("co.uk")));
}

TEST(PslPublicSuffixList, RefusesAFileThatIsNoList) {
  const std::vector<std::string> files = {
      "/no/such/file",
      ::testing::TempDir(),  // a directory
      FileWith(""),
      FileWith("root:x:0:0:root:/root:/bin/bash\n"),
      FileWith(std::string(1000, '\0')),
      FileWith(".DAFSA@PSL_0   \n"),
  };
  for (const std::string& file : files) {
    const auto list = NewPslPublicSuffixList(file);
    ASSERT_EQ(list.status().code(), absl::StatusCode::kInvalidArgument) << file;
    EXPECT_EQ(DetailsOf(list.status())->field_violations.at(0).first, "public_suffix_list");
  }
}

}  // namespace
}  // namespace gatehouse
