#include "client/cli/saml_form.h"

#include <gtest/gtest.h>

#include "client/cli/errors.h"

namespace gatehouse::cli {
namespace {

TEST(ParseSamlForm, TakesBareBase64AsItIs) {
  const SamlForm form = ParseSamlForm("  PHNhbWw+\nPC9zYW1sPg==\n").value();
  EXPECT_EQ(form.response, "PHNhbWw+\nPC9zYW1sPg==");
  EXPECT_EQ(form.relay_state, "");
}

TEST(ParseSamlForm, DecodesAFormInAnyOrder) {
  for (const char* text :
       {"SAMLResponse=PHN%2bbWw%2B%3D&RelayState=t1", "RelayState=t1&SAMLResponse=PHN%2bbWw%2B%3D",
        "other=1&SAMLResponse=PHN%2bbWw%2B%3D&RelayState=t1\n"}) {
    const SamlForm form = ParseSamlForm(text).value();
    EXPECT_EQ(form.response, "PHN+bWw+=") << text;
    EXPECT_EQ(form.relay_state, "t1") << text;
  }
}

TEST(ParseSamlForm, RefusesBrokenForms) {
  for (const char* text : {"RelayState=t1", "SAMLResponse=", "SAMLResponse=%zz", "SAMLResponse=%4",
                           "SAMLResponse=a&SAMLResponse=b", "a=1&b=2"}) {
    EXPECT_TRUE(IsUsageError(ParseSamlForm(text).status())) << text;
  }
}

}  // namespace
}  // namespace gatehouse::cli
