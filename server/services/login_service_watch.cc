#include "server/services/login_service_watch.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "gatehouse/v1/login_service.grpc.pb.h"
#include "server/services/watch_reactor.h"

namespace gatehouse {
namespace {

constexpr char kMethod[] = "LoginService/WatchPolicy";

void Render(absl::Duration from, google::protobuf::Duration* out) {
  out->set_seconds(absl::IDivDuration(from, absl::Seconds(1), &from));
  out->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(from)));
}

// Keeps the bytes alive, not a copy of them.
grpc::Slice Share(std::shared_ptr<const std::string> bytes) {
  auto* const held = new std::shared_ptr<const std::string>(std::move(bytes));
  return grpc::Slice(
      const_cast<char*>((*held)->data()), (*held)->size(),
      [](void* user_data) { delete static_cast<std::shared_ptr<const std::string>*>(user_data); },
      held);
}

class PolicyWatcher final : public WatchReactor<PolicyWatch, grpc::ByteBuffer>,
                            public PolicySubscriber {
 public:
  using WatchReactor::WatchReactor;

  void Send(PolicyUpdate update) override { Write(RenderPolicyUpdate(update)); }
  void End(const absl::Status& status) override { FinishWith(status); }
};

}  // namespace

grpc::ByteBuffer RenderPolicyUpdate(const PolicyUpdate& update) {
  v1::WatchPolicyResponse own;
  own.set_reset(update.reset);
  own.set_revision(static_cast<int64_t>(update.revision));
  Render(update.stream_time, own.mutable_stream_time());
  if (update.heartbeat != absl::ZeroDuration()) {
    Render(update.heartbeat, own.mutable_heartbeat_interval());
  }
  // The pieces, and then what is the stream's own: see WatchPolicyEncoding.
  const grpc::Slice rest(own.SerializeAsString());
  if (update.pieces == nullptr) return grpc::ByteBuffer(&rest, 1);
  const std::array<grpc::Slice, 2> slices = {Share(update.pieces), rest};
  return grpc::ByteBuffer(slices.data(), slices.size());
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartPolicyStream(CallRunner* calls, PolicyWatch* watch,
                                                              grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer& request) {
  const auto watcher = std::make_shared<PolicyWatcher>(watch, calls, kMethod, context);
  watcher->Hold();
  v1::WatchPolicyRequest parsed;
  grpc::ByteBuffer bytes = request;
  const grpc::Status status =
      grpc::SerializationTraits<v1::WatchPolicyRequest>::Deserialize(&bytes, &parsed);
  if (!status.ok()) {
    watcher->Opened(status);
    return watcher.get();
  }
  calls->Start(
      context, kMethod, parsed,
      [watch, watcher, after = parsed.after_revision()](const Caller&) {
        return watcher->Open([&] { return watch->Open(after, watcher); });
      },
      [watcher](const grpc::Status& opened) { watcher->Opened(opened); });
  return watcher.get();
}

}  // namespace gatehouse
