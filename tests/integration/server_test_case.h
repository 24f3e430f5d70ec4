// What tests of one server without peers have in common: it is started once for
// all of them, so each makes organizations of its own.
#ifndef GATEHOUSE_TESTS_INTEGRATION_SERVER_TEST_CASE_H_
#define GATEHOUSE_TESTS_INTEGRATION_SERVER_TEST_CASE_H_

#include <gtest/gtest.h>

#include <memory>

#include "tests/integration/api.h"
#include "tests/integration/server_process.h"
#include "tests/integration/status_assertions.h"
#include "tests/peers/child_process.h"

namespace gatehouse {

class ServerTestCase : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_ = new ShortTempDir();
    ASSERT_OK_AND_ASSIGN(auto server, ServerProcess::Start({.data_directory = data_->path()}));
    server_ = server.release();
    api_ = new Api(server_->address());
  }

  static void TearDownTestSuite() {
    delete api_;
    delete server_;
    delete data_;
    api_ = nullptr;
    server_ = nullptr;
    data_ = nullptr;
  }

  void SetUp() override { ASSERT_NE(api_, nullptr) << "the server did not start"; }

  static const Api& api() { return *api_; }
  static const std::string& address() { return server_->address(); }

 private:
  static inline ShortTempDir* data_ = nullptr;
  static inline ServerProcess* server_ = nullptr;
  static inline Api* api_ = nullptr;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_INTEGRATION_SERVER_TEST_CASE_H_
