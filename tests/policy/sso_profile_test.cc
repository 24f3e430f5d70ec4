#include "policy/sso_profile.h"

#include <functional>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace gatehouse {
namespace {

SamlSettings Settings() {
  return {
      .idp_entity_id = "https://idp.example/metadata",
      .idp_sso_url = "https://idp.example/sso",
      .idp_certificates = {"certificate a", "certificate b"},
      .email_attribute = "mail",
      .sp_entity_id = "https://gatehouse.example/acme",
      .acs_url = "https://gatehouse.example/acme/acs",
      .sp_certificate = "our certificate",
  };
}

TEST(ConfigurationBytes, AreWrittenAsDocumented) {
  const SamlSettings settings = {.idp_entity_id = "i",
                                 .idp_sso_url = "",
                                 .idp_certificates = {"b", "a"},
                                 .email_attribute = "e",
                                 .sp_entity_id = "s",
                                 .acs_url = "ac",
                                 .sp_certificate = std::string(256, 'x')};
  using namespace std::string_literals;
  EXPECT_EQ(ConfigurationBytes(settings),
            "\1"
            "\0\0\0\1i"
            "\0\0\0\0"
            "\0\0\0\1e"
            "\0\0\0\1s"
            "\0\0\0\2ac"
            "\0\0\1\0"s +
                std::string(256, 'x') +
                "\0\0\0\2"
                "\0\0\0\1a"
                "\0\0\0\1b"s);
}

TEST(ConfigurationBytes, ChangeWithEverythingThatTheIdpMustProve) {
  const std::function<void(SamlSettings&)> kChanges[] = {
      [](SamlSettings&) {},
      [](SamlSettings& s) { s.idp_entity_id += "x"; },
      [](SamlSettings& s) { s.idp_sso_url += "x"; },
      [](SamlSettings& s) { s.idp_certificates[0] += "x"; },
      [](SamlSettings& s) { s.idp_certificates.pop_back(); },
      [](SamlSettings& s) { s.idp_certificates.push_back("certificate c"); },
      [](SamlSettings& s) { s.idp_certificates.push_back(""); },
      [](SamlSettings& s) { s.idp_certificates.clear(); },
      [](SamlSettings& s) { s.email_attribute = ""; },
      [](SamlSettings& s) { s.sp_entity_id += "x"; },
      [](SamlSettings& s) { s.acs_url += "x"; },
      [](SamlSettings& s) { s.sp_certificate += "x"; },
      [](SamlSettings& s) { s.sp_certificate = ""; },
  };
  std::set<std::string> encodings;
  for (const auto& change : kChanges) {
    SamlSettings settings = Settings();
    change(settings);
    EXPECT_TRUE(encodings.insert(ConfigurationBytes(settings)).second);
  }
}

// What one field loses at its end, another must not gain at its start.
TEST(ConfigurationBytes, KeepTheFieldsApart) {
  SamlSettings left = Settings(), right = Settings();
  left.sp_entity_id = "ab";
  left.acs_url = "c";
  right.sp_entity_id = "a";
  right.acs_url = "bc";
  EXPECT_NE(ConfigurationBytes(left), ConfigurationBytes(right));
  left = right = Settings();
  left.idp_certificates = {"ab", "c"};
  right.idp_certificates = {"a", "bc"};
  EXPECT_NE(ConfigurationBytes(left), ConfigurationBytes(right));
  std::swap(right.sp_certificate, right.acs_url);
  left = Settings();
  right.idp_certificates = left.idp_certificates;
  EXPECT_NE(ConfigurationBytes(left), ConfigurationBytes(right));
}

TEST(ConfigurationBytes, TakeTheCertificatesAsASet) {
  SamlSettings settings = Settings();
  settings.idp_certificates = {"certificate b", "certificate a", "certificate b"};
  EXPECT_EQ(ConfigurationBytes(settings), ConfigurationBytes(Settings()));
}

TEST(TestStatus, FollowsWhatTheIdpMustProve) {
  SsoProfile profile;
  profile.saml = Settings();
  EXPECT_EQ(TestStatusOf(profile), TestStatus::kUntested);

  profile.tested_configuration = ConfigurationBytes(profile.saml);
  EXPECT_EQ(TestStatusOf(profile), TestStatus::kPassed);
  profile.display_name = "Acme's IdP";
  EXPECT_EQ(TestStatusOf(profile), TestStatus::kPassed);

  profile.saml.idp_sso_url = "https://idp.example/other";
  EXPECT_EQ(TestStatusOf(profile), TestStatus::kStale);
  profile.saml = Settings();
  EXPECT_EQ(TestStatusOf(profile), TestStatus::kPassed) << "changed back to what was tested";
}

TEST(TestStatus, OfEmptySettingsIsUntestedToo) {
  EXPECT_EQ(TestStatusOf(SsoProfile()), TestStatus::kUntested);
  EXPECT_FALSE(ConfigurationBytes(SamlSettings()).empty());
}

}  // namespace
}  // namespace gatehouse
