// One run of the command: the world it runs in, its global options, its
// connection and its output.
#ifndef GATEHOUSE_CLIENT_CLI_SESSION_H_
#define GATEHOUSE_CLIENT_CLI_SESSION_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/cli/table.h"
#include "client/cli/text.h"
#include "client/secure_channel.h"

namespace google::protobuf {
class Message;
class Timestamp;
}  // namespace google::protobuf
namespace grpc {
class Channel;
class ClientContext;
class Status;
}  // namespace grpc

namespace gatehouse::cli {

// What a run of the command sees of the world.
struct Environment {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  // An environment variable; "" if unset.
  std::function<std::string(const std::string& name)> variable;
  std::function<absl::Time()> now;
  // A channel to "host:port". Called at most once.
  std::function<absl::StatusOr<std::shared_ptr<grpc::Channel>>(
      const std::string& server, const client::ConnectionSecurity& security)>
      connect;
  // Has Ctrl-C call something instead of ending the process; nullptr: again as
  // before. Unset: nothing can be interrupted.
  std::function<void(std::function<void()>)> on_interrupt;
};

struct GlobalOptions {
  std::string server;  // "host:port"
  client::ConnectionSecurity security;
  std::string organization;  // as given: "acme", "organizations/acme" or ""
  // Deadline of each call. Zero: the default of the command.
  absl::Duration timeout = absl::ZeroDuration();
  bool json = false;
};

class Session {
 public:
  Session(Environment& environment, const GlobalOptions& options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const GlobalOptions& options() const { return options_; }
  bool json() const { return options_.json; }
  absl::Time now() const { return environment_.now(); }
  std::istream& in() { return environment_.in; }
  std::ostream& out() { return environment_.out; }
  std::ostream& err() { return environment_.err; }
  bool err_is_terminal() const { return environment_.err_is_terminal; }
  // Whether there is a person who can be asked.
  bool interactive() const { return environment_.in_is_terminal && environment_.err_is_terminal; }
  Palette out_palette() const { return Palette(ColourOn(environment_.out_is_terminal)); }
  Palette err_palette() const { return Palette(ColourOn(environment_.err_is_terminal)); }

  // Opens the channel of this run, without waiting for the server. A usage error:
  // options that no connection can be made with.
  absl::Status Connect();
  // Connect() must have been called.
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  // Gives `context` the deadline of a call.
  void Prepare(grpc::ClientContext& context) const;
  // OK, or the error with its details.
  absl::Status Translate(const grpc::Status& status) const;

  // Calls `interrupted`, on another thread, when the person at the terminal has
  // had enough; nullptr: not any more.
  void OnInterrupt(std::function<void()> interrupted);

  // The organization of --org or GATEHOUSE_ORG as a full name; a usage error if
  // neither is given.
  absl::StatusOr<std::string> Organization() const;
  // The full name of a resource; the organization is that of --org unless
  // `text` is a full name.
  absl::StatusOr<std::string> Resource(absl::string_view text, absl::string_view collection) const;

  // Prints one resource: as JSON, or its fields.
  void Print(const google::protobuf::Message& message, const FieldList& fields);
  // A remark on the error stream, unless the output is for a program.
  void Note(absl::string_view text);
  // As Note, for the command that most likely comes next.
  void NextStep(absl::string_view text);
  // Asks on the error stream; only "y" or "yes" agree.
  bool Confirm(absl::string_view question);

  // "2026-03-01T09:30:00Z (5 minutes ago)"; "" if `set` is false.
  std::string When(bool set, const google::protobuf::Timestamp& time) const;
  // "5 minutes ago"; "" if `set` is false.
  std::string Ago(bool set, const google::protobuf::Timestamp& time) const;

  // The contents of a file, or of the standard input for "-". A usage error if
  // it cannot be read, is longer than `max_bytes`, or is not UTF-8.
  absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

 private:
  bool ColourOn(bool terminal) const;

  Environment& environment_;
  const GlobalOptions options_;
  std::shared_ptr<grpc::Channel> channel_;
};

absl::Time ToTime(const google::protobuf::Timestamp& time);
void SetTime(absl::Time time, google::protobuf::Timestamp* out);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_SESSION_H_
