// What tests of one deployment have in common: it is started once for all of
// them, so each makes organizations and domains of its own.
#ifndef GATEHOUSE_TESTS_INTEGRATION_DEPLOYMENT_TEST_CASE_H_
#define GATEHOUSE_TESTS_INTEGRATION_DEPLOYMENT_TEST_CASE_H_

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/integration/deployment.h"
#include "tests/integration/status_assertions.h"
#include "tests/integration/tenant.h"

namespace gatehouse {

class DeploymentTestCase : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_OK_AND_ASSIGN(std::unique_ptr<Deployment> deployment, Deployment::Start());
    deployment_ = deployment.release();
  }

  static void TearDownTestSuite() {
    delete deployment_;
    deployment_ = nullptr;
  }

  void SetUp() override { ASSERT_NE(deployment_, nullptr) << "the deployment did not start"; }

  static Deployment& deployment() { return *deployment_; }
  static const Api& api() { return deployment_->api(); }
  static KnotServer& dns() { return deployment_->dns(); }
  static SamlIdp& idp() { return deployment_->idp(); }

  static Tenant NewTenant(absl::string_view id) {
    return Tenant(api(), id, absl::StrCat(id, ".example"));
  }

  // With a verified domain and a profile that has passed its test.
  static absl::Status MakeReady(Tenant& tenant) {
    RETURN_IF_ERROR(tenant.Create());
    RETURN_IF_ERROR(tenant.HoldDomain(dns()));
    RETURN_IF_ERROR(tenant.Import(tenant.Email("owner")));
    RETURN_IF_ERROR(tenant.Connect(idp()).status());
    return tenant.PassConnectionTest(idp());
  }

 private:
  static inline Deployment* deployment_ = nullptr;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_INTEGRATION_DEPLOYMENT_TEST_CASE_H_
