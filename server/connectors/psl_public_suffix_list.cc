#include "server/connectors/psl_public_suffix_list.h"

#include <libpsl.h>

#include <utility>

#include "policy/errors.h"

namespace gatehouse {
namespace {

struct ListDeleter {
  // Ignores the built-in list, which is static.
  void operator()(psl_ctx_t* list) const { psl_free(list); }
};
using List = std::unique_ptr<psl_ctx_t, ListDeleter>;

bool IsListed(const psl_ctx_t* list, const std::string& name) {
  // Without the star rule: an unlisted top-level domain says nothing about its
  // subdomains, and no DomainName is a top-level domain.
  return psl_is_public_suffix2(list, name.c_str(), PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
}

class PslPublicSuffixList : public PublicSuffixList {
 public:
  explicit PslPublicSuffixList(List list) : list_(std::move(list)) {}

  bool IsPublicSuffix(const DomainName& name) const override {
    return IsListed(list_.get(), name.ascii());
  }

 private:
  const List list_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PublicSuffixList>> NewPslPublicSuffixList(const std::string& file) {
  List list(file.empty() ? const_cast<psl_ctx_t*>(psl_builtin()) : psl_load_file(file.c_str()));
  if (list == nullptr) {
    return InvalidField("public_suffix_list", file, "a readable public suffix list");
  }
  // libpsl takes every line of any text for a rule. A wrong file must not
  // silently make every registry's domain claimable.
  if (!IsListed(list.get(), "com")) {
    return InvalidField("public_suffix_list", file, "a public suffix list, with \"com\" in it");
  }
  return std::make_unique<PslPublicSuffixList>(std::move(list));
}

}  // namespace gatehouse
