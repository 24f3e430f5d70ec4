// A Gatehouse server in this process, with made-up data and no rules.
#ifndef GATEHOUSE_TESTS_CLIENT_CLI_FAKE_GATEHOUSE_H_
#define GATEHOUSE_TESTS_CLIENT_CLI_FAKE_GATEHOUSE_H_

#include <google/protobuf/message.h>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gatehouse/v1/access_token.pb.h"
#include "gatehouse/v1/connection_test.pb.h"
#include "gatehouse/v1/domain.pb.h"
#include "gatehouse/v1/enforcement.pb.h"
#include "gatehouse/v1/enforcement_service.pb.h"
#include "gatehouse/v1/login_service.pb.h"
#include "gatehouse/v1/organization.pb.h"
#include "gatehouse/v1/sso_profile.pb.h"
#include "gatehouse/v1/user.pb.h"
#include "gatehouse/v1/user_service.pb.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace gatehouse::cli {

// Of every token that it makes.
inline constexpr char kFakeSecret[] = "gh_secret";

// Serves every method the command line calls, in an in-process channel. Gets
// find what is in the lists below by name, lists page through them, creates add
// to them. Errors are rendered as the real server renders them. The data is set
// up before the calls.
class FakeGatehouse {
 public:
  FakeGatehouse();
  ~FakeGatehouse();
  FakeGatehouse(const FakeGatehouse&) = delete;
  FakeGatehouse& operator=(const FakeGatehouse&) = delete;

  std::shared_ptr<grpc::Channel> Channel();

  std::vector<v1::Organization> organizations;
  std::vector<v1::Domain> domains;
  std::vector<v1::User> users;
  std::vector<v1::SsoProfile> profiles;
  std::vector<v1::ConnectionTest> tests;
  std::vector<v1::Enforcement> enforcements;
  std::vector<v1::Exemption> exemptions;
  std::vector<v1::AccessToken> tokens;
  v1::EnforcementPlan plan;
  v1::EnforceDomainsResponse enforced;
  // Its users come in pages of at most report_page_size.
  v1::EnforcementReport report;
  int report_page_size = 1000;
  v1::ImportUsersResponse import_outcome;
  // What CheckLogin says of an address; others get INVALID_ARGUMENT.
  std::map<std::string, v1::CheckLoginResponse> decisions;
  // What ReportLogin answers.
  v1::ReportLoginResponse reported;

  // The next call fails so; further ones after it in order.
  void FailNext(absl::Status status);

  // How many calls have been made.
  size_t CallCount() const;
  // The names of the request messages, in order.
  std::vector<std::string> Calls() const;
  // The last request of this type; a test failure and an empty one if there was
  // none.
  template <typename Request>
  Request Last() const {
    Request request;
    FindLast(request);
    return request;
  }

 private:
  class Services;

  void FindLast(google::protobuf::Message& request) const;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<google::protobuf::Message>> requests_;
  std::deque<absl::Status> failures_;
  std::unique_ptr<Services> services_;
};

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_TESTS_CLIENT_CLI_FAKE_GATEHOUSE_H_
