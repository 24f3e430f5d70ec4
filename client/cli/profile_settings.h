// The settings of an SSO profile as options of a command.
#ifndef GATEHOUSE_CLIENT_CLI_PROFILE_SETTINGS_H_
#define GATEHOUSE_CLIENT_CLI_PROFILE_SETTINGS_H_

#include <google/protobuf/field_mask.pb.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/session.h"
#include "gatehouse/v1/sso_profile.pb.h"

namespace gatehouse::cli {

// As given; nothing means that the setting was not named.
struct ProfileSettings {
  struct Text {
    std::string value;
    bool given = false;
  };
  Text display_name;
  Text idp_metadata_file;
  Text idp_metadata_url;
  Text idp_entity_id;
  Text idp_sso_url;
  std::vector<std::string> certificate_files;
  Text email_attribute;
  Text acs_url;
  Text sp_entity_id;
  // OIDC.
  Text issuer;
  Text client_id;
  Text client_secret_file;
  bool no_client_secret = false;
  Text redirect_uri;
  std::vector<std::string> scopes;
  bool no_scopes = false;
  Text email_claim;
  bool allow_missing_email_verified = false;
  bool require_email_verified = false;
};

void AddSettings(CLI::App* app, ProfileSettings& settings);

// Puts what was given into `profile`, reading the files, and its paths into
// `mask` (unless null). A usage error if settings of both protocols are given.
absl::Status ReadSettings(Session& session, const ProfileSettings& settings,
                          v1::SsoProfile& profile, google::protobuf::FieldMask* mask);

// The certificates of a file, one each: every PEM block of it, or, if it has
// none, all of it (bare base64). A usage error for a private key, which has no
// business here.
absl::StatusOr<std::vector<std::string>> SplitCertificates(absl::string_view text);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_PROFILE_SETTINGS_H_
