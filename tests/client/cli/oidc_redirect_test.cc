#include "client/cli/oidc_redirect.h"

#include <gtest/gtest.h>

#include "client/cli/errors.h"

namespace gatehouse::cli {
namespace {

TEST(ParseOidcRedirect, TakesTheUrlOrItsQueryUndecoded) {
  for (const char* text :
       {"https://login.acme.example/back?code=a%2Bb&state=s&iss=https%3A%2F%2Fidp.example",
        "http://127.0.0.1:8080/back?code=a%2Bb&state=s&iss=https%3A%2F%2Fidp.example#_=_",
        "?code=a%2Bb&state=s&iss=https%3A%2F%2Fidp.example",
        "  code=a%2Bb&state=s&iss=https%3A%2F%2Fidp.example\n"}) {
    EXPECT_EQ(ParseOidcRedirect(text).value(), "code=a%2Bb&state=s&iss=https%3A%2F%2Fidp.example")
        << text;
  }
}

TEST(ParseOidcRedirect, TakesWhatTheIdpRefused) {
  EXPECT_EQ(ParseOidcRedirect("https://a.example/back?error=access_denied&state=s").value(),
            "error=access_denied&state=s");
}

TEST(ParseOidcRedirect, RefusesWhatIsNoAnswer) {
  for (const char* text :
       {"", "?", "https://a.example/back", "https://a.example/back#code=1&state=2", "state=1",
        "https://idp.example/authorize?state=1&client_id=2", "recode=1"}) {
    EXPECT_TRUE(IsUsageError(ParseOidcRedirect(text).status())) << text;
  }
}

}  // namespace
}  // namespace gatehouse::cli
