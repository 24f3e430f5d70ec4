#include "client/cli/session.h"

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/errors.h"
#include "client/cli/json.h"
#include "client/cli/resource_names.h"
#include "client/cli/time_text.h"
#include "client/grpc_status.h"
#include "policy/errors.h"

namespace gatehouse::cli {
namespace {

constexpr absl::Duration kDefaultTimeout = absl::Seconds(30);

}  // namespace

Session::Session(Environment& environment, const GlobalOptions& options)
    : environment_(environment), options_(options) {}

bool Session::ColourOn(bool terminal) const {
  // https://no-color.org: any value but the empty one turns colour off.
  return terminal && environment_.variable("NO_COLOR").empty() &&
         environment_.variable("TERM") != "dumb";
}

absl::Status Session::Connect() {
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel =
      environment_.connect(options_.server, options_.security);
  if (!channel.ok()) return UsageError(channel.status().message());
  channel_ = *std::move(channel);
  return absl::OkStatus();
}

void Session::Prepare(grpc::ClientContext& context) const {
  const absl::Duration timeout =
      options_.timeout == absl::ZeroDuration() ? kDefaultTimeout : options_.timeout;
  // The deadline is the real clock's, whatever `now` says.
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

absl::Status Session::Translate(const grpc::Status& call_status) const {
  const absl::Status status = client::FromGrpcStatus(call_status);
  // Only the transport gives no reason: say whom it did not reach.
  if (status.code() == absl::StatusCode::kDeadlineExceeded) {
    return absl::Status(status.code(),
                        absl::StrCat("no answer from ", options_.server, " in time"));
  }
  if (status.code() == absl::StatusCode::kUnavailable && ReasonOf(status).empty()) {
    return absl::Status(status.code(),
                        absl::StrCat("no answer from ", options_.server, ": ", status.message()));
  }
  return status;
}

void Session::OnInterrupt(std::function<void()> interrupted) {
  if (environment_.on_interrupt) environment_.on_interrupt(std::move(interrupted));
}

absl::StatusOr<std::string> Session::Organization() const {
  if (options_.organization.empty()) {
    return UsageError("which organization? Give --org (or set GATEHOUSE_ORG)");
  }
  return OrganizationName(options_.organization);
}

absl::StatusOr<std::string> Session::Resource(absl::string_view text,
                                              absl::string_view collection) const {
  std::string organization;
  if (!options_.organization.empty() && !IsFullName(text)) {
    absl::StatusOr<std::string> name = OrganizationName(options_.organization);
    if (!name.ok()) return name;
    organization = *std::move(name);
  }
  return ChildName(text, collection, organization);
}

void Session::Print(const google::protobuf::Message& message, const FieldList& fields) {
  if (json()) {
    out() << ToJson(message) << "\n";
  } else {
    fields.Print(out(), out_palette());
  }
}

void Session::Note(absl::string_view text) {
  if (!json()) err() << Printable(text) << "\n";
}

void Session::NextStep(absl::string_view text) {
  if (!json())
    err() << err_palette().Paint("next:", Tone::kStrong) << " " << Printable(text) << "\n";
}

bool Session::Confirm(absl::string_view question) {
  err() << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(in(), answer);
  answer = absl::AsciiStrToLower(absl::StripAsciiWhitespace(answer));
  return answer == "y" || answer == "yes";
}

std::string Session::When(bool set, const google::protobuf::Timestamp& time) const {
  if (!set) return "";
  return absl::StrCat(Rfc3339(ToTime(time)), " (", Relative(ToTime(time), now()), ")");
}

std::string Session::Ago(bool set, const google::protobuf::Timestamp& time) const {
  return set ? Relative(ToTime(time), now()) : "";
}

absl::StatusOr<std::string> Session::ReadFile(const std::string& path, size_t max_bytes) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return UsageError(absl::StrCat("cannot read ", Quoted(path)));
  }
  std::istream& source = path == "-" ? in() : file;
  const std::string shown = path == "-" ? "standard input" : Quoted(path);
  std::string contents(max_bytes + 1, '\0');
  source.read(contents.data(), static_cast<std::streamsize>(contents.size()));
  contents.resize(static_cast<size_t>(source.gcount()));
  if (source.bad()) return UsageError(absl::StrCat("cannot read ", shown));
  if (contents.size() > max_bytes) {
    return UsageError(absl::StrCat(shown, " is longer than ", max_bytes, " bytes"));
  }
  if (contents.empty()) return UsageError(absl::StrCat(shown, " is empty"));
  if (ValidUtf8(contents) != contents) return UsageError(absl::StrCat(shown, " is not UTF-8"));
  return contents;
}

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(
      static_cast<int32_t>((time - absl::FromUnixSeconds(seconds)) / absl::Nanoseconds(1)));
}

}  // namespace gatehouse::cli
