// Random changes to a response that passes, and many threads at once.
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/connectors/saml_verification_test_case.h"

namespace gatehouse {
namespace {

using Failure = ConnectionTestFailure;

class SamlMutation : public SamlVerificationTestCase {};

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  // `xml` with one to three changes.
  std::string Mutate(std::string xml) {
    for (size_t changes = 1 + Below(3); changes > 0; --changes) ChangeOnce(xml);
    return xml;
  }

 private:
  size_t Below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }

  void ChangeOnce(std::string& xml) {
    static const char* const kPieces[] = {
        "<!-- -->",
        "<![CDATA[",
        "]]>",
        "&#0;",
        "&amp;",
        "<x/>",
        "<?x?>",
        "<!DOCTYPE x>",
        "\"",
        "'",
        "<",
        ">",
        "</saml:NameID>",
        "<saml:NameID>",
        "ID=\"_assertion\" ",
        "xmlns=\"urn:x\" ",
        "<ds:Signature/>",
        "\n",
        " ",
        "admin@acme.example",
        "=",
        "Id=\"_x\" ",
    };
    const size_t at = Below(xml.size());
    const size_t length = std::min(xml.size() - at, 1 + Below(200));
    switch (Below(6)) {
      case 0:
        xml[at] = static_cast<char>(Below(256));
        break;
      case 1:
        xml[at] = static_cast<char>(xml[at] ^ (1 << Below(8)));
        break;
      case 2:
        xml.erase(at, length);
        break;
      case 3:
        xml.insert(Below(xml.size()), xml.substr(at, length));
        break;
      case 4:
        xml.insert(at, kPieces[Below(std::size(kPieces))]);
        break;
      case 5:
        MoveElement(xml, at);
        break;
    }
  }

  // From one "<" to a later one, put before yet another.
  void MoveElement(std::string& xml, size_t at) {
    const size_t begin = xml.find('<', at);
    if (begin == std::string::npos) return;
    const size_t end = xml.find('<', begin + 1 + Below(300));
    if (end == std::string::npos) return;
    const std::string part = xml.substr(begin, end - begin);
    if (Below(2) == 0) xml.erase(begin, end - begin);
    const size_t target = xml.find('<', Below(xml.size()));
    if (target != std::string::npos) xml.insert(target, part);
  }

  std::mt19937 random_;
};

TEST_F(SamlMutation, NeverChangesWhatIsAccepted) {
  SamlAnswer encrypted;
  encrypted.encryption.certificate = SpKeys().certificate_pem;
  SamlAnswer both;
  both.sign = Signed::kBoth;
  const std::string seeds[] = {Idp().RespondXml({}), Idp().RespondXml(both),
                               Idp().RespondXml(encrypted)};
  Mutator mutator(20240301);
  int accepted = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string& seed = seeds[i % 16 == 15 ? 2 : i % 2];
    const std::string mutant = mutator.Mutate(seed);
    const SamlOutcome outcome = VerifyXml(mutant);
    if (outcome.failure != Failure::kNone) continue;
    ++accepted;
    EXPECT_EQ(outcome.email, SamlAnswer().email) << mutant;
    EXPECT_EQ(outcome.assertion_id, SamlAnswer().assertion_id) << mutant;
  }
  // Comments, white space outside and the unsigned envelope may change.
  EXPECT_GT(accepted, 0) << "the mutants are too wild to show anything";
  EXPECT_LT(accepted, 2000) << "the mutants are too tame to show anything";
}

TEST_F(SamlMutation, NeverAcceptsRandomBytes) {
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    std::string bytes(random() % 300, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_NE(Verify(bytes).failure, Failure::kNone);
    EXPECT_NE(VerifyXml(bytes).failure, Failure::kNone);
  }
}

TEST_F(SamlMutation, DoesNotMixUpThreads) {
  const std::string good = Idp().Respond({});
  const std::string foreign = Attacker().Respond({});
  SamlAnswer encrypted;
  encrypted.encryption.certificate = SpKeys().certificate_pem;
  encrypted.email = "bob@acme.example";
  const std::string sealed = Idp().Respond(encrypted);
  const std::string broken = absl::Base64Escape("<a><b></a>");

  std::atomic<int> wrong = 0;
  const auto verify = [&](const std::string& response) {
    return *connector_->VerifyResponse(
        response, expectations_, [](absl::string_view) -> absl::StatusOr<bool> { return false; });
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        wrong += verify(good).email != "alice@acme.example";
        wrong += verify(foreign).failure != Failure::kWrongCertificate;
        wrong += verify(sealed).email != "bob@acme.example";
        const SamlOutcome outcome = verify(broken);
        wrong += outcome.failure != Failure::kMalformedResponse;
        wrong += outcome.detail.find("mismatch") == std::string::npos;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace gatehouse
