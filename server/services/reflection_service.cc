#include "server/services/reflection_service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/grpcpp.h>

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "policy/errors.h"
#include "server/services/status_rendering.h"

namespace gatehouse {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

// The descriptors, by file and by symbol. Immutable; shared by both services.
class DescriptorIndex {
 public:
  static absl::StatusOr<std::shared_ptr<const DescriptorIndex>> Build(
      absl::string_view descriptor_set, std::vector<std::string> service_names) {
    auto index = std::make_shared<DescriptorIndex>();
    google::protobuf::FileDescriptorSet set;
    if (!set.ParseFromArray(descriptor_set.data(), static_cast<int>(descriptor_set.size()))) {
      return InvalidField("descriptor_set", "", "a google.protobuf.FileDescriptorSet");
    }
    // protoc writes imports before the files that need them.
    for (const auto& file : set.file()) {
      if (index->pool_.BuildFile(file) == nullptr) {
        return InvalidField("descriptor_set", file.name(), "a file with every import before it");
      }
      index->serialized_[file.name()] = file.SerializeAsString();
    }
    for (const std::string& name : service_names) {
      if (index->pool_.FindServiceByName(name) == nullptr) {
        return InvalidField("service_names", name, "a service of the descriptor set");
      }
    }
    index->service_names_ = std::move(service_names);
    return index;
  }

  const DescriptorPool& pool() const { return pool_; }
  const std::vector<std::string>& service_names() const { return service_names_; }

  // `file` and everything it imports, serialized, `file` first.
  std::vector<const std::string*> WithImports(const FileDescriptor& file) const {
    std::vector<const std::string*> files;
    std::set<std::string> seen;
    std::vector<const FileDescriptor*> pending = {&file};
    while (!pending.empty()) {
      const FileDescriptor* next = pending.back();
      pending.pop_back();
      if (!seen.insert(next->name()).second) continue;
      files.push_back(&serialized_.at(next->name()));
      for (int i = 0; i < next->dependency_count(); ++i) pending.push_back(next->dependency(i));
    }
    return files;
  }

 private:
  DescriptorPool pool_;
  std::map<std::string, std::string> serialized_;
  std::vector<std::string> service_names_;
};

// Answers requests of either version: the messages differ in package only.
template <typename Request, typename Response>
class Answerer {
 public:
  explicit Answerer(std::shared_ptr<const DescriptorIndex> index) : index_(std::move(index)) {}

  Response Answer(const Request& request) const {
    Response response;
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    switch (request.message_request_case()) {
      case Request::kListServices:
        for (const std::string& name : index_->service_names()) {
          response.mutable_list_services_response()->add_service()->set_name(name);
        }
        break;
      case Request::kFileByFilename:
        AddFile(index_->pool().FindFileByName(request.file_by_filename()),
                request.file_by_filename(), &response);
        break;
      case Request::kFileContainingSymbol:
        AddFile(index_->pool().FindFileContainingSymbol(request.file_containing_symbol()),
                request.file_containing_symbol(), &response);
        break;
      case Request::kFileContainingExtension:
        AddExtension(request.file_containing_extension(), &response);
        break;
      case Request::kAllExtensionNumbersOfType:
        AddExtensionNumbers(request.all_extension_numbers_of_type(), &response);
        break;
      default:
        SetError(grpc::StatusCode::INVALID_ARGUMENT, "message_request is not set", &response);
    }
    return response;
  }

 private:
  static void SetError(grpc::StatusCode code, const std::string& message, Response* response) {
    response->mutable_error_response()->set_error_code(code);
    response->mutable_error_response()->set_error_message(message);
  }

  void AddFile(const FileDescriptor* file, const std::string& name, Response* response) const {
    if (file == nullptr) {
      SetError(grpc::StatusCode::NOT_FOUND, absl::StrCat(Quoted(name), " does not exist"),
               response);
      return;
    }
    for (const std::string* serialized : index_->WithImports(*file)) {
      response->mutable_file_descriptor_response()->add_file_descriptor_proto(*serialized);
    }
  }

  template <typename ExtensionRequest>
  void AddExtension(const ExtensionRequest& request, Response* response) const {
    const auto* type = index_->pool().FindMessageTypeByName(request.containing_type());
    const auto* extension =
        type == nullptr ? nullptr
                        : index_->pool().FindExtensionByNumber(type, request.extension_number());
    AddFile(extension == nullptr ? nullptr : extension->file(), request.containing_type(),
            response);
  }

  void AddExtensionNumbers(const std::string& type_name, Response* response) const {
    const auto* type = index_->pool().FindMessageTypeByName(type_name);
    if (type == nullptr) {
      SetError(grpc::StatusCode::NOT_FOUND, absl::StrCat(Quoted(type_name), " does not exist"),
               response);
      return;
    }
    std::vector<const google::protobuf::FieldDescriptor*> extensions;
    index_->pool().FindAllExtensions(type, &extensions);
    auto* numbers = response->mutable_all_extension_numbers_response();
    numbers->set_base_type_name(type_name);
    for (const auto* extension : extensions) numbers->add_extension_number(extension->number());
  }

  std::shared_ptr<const DescriptorIndex> index_;
};

// One stream: a request, its answer, the next request. Deletes itself.
template <typename Request, typename Response>
class Stream final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  Stream(const Answerer<Request, Response>* answerer, const absl::Status& allowed)
      : answerer_(answerer) {
    if (allowed.ok()) {
      this->StartRead(&request_);
    } else {
      this->Finish(RenderStatus(allowed));
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      this->Finish(grpc::Status::OK);
      return;
    }
    response_ = answerer_->Answer(request_);
    this->StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (ok) {
      this->StartRead(&request_);
    } else {
      this->Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the caller has gone"));
    }
  }
  void OnDone() override { delete this; }

 private:
  const Answerer<Request, Response>* answerer_;
  Request request_;
  Response response_;
};

template <typename Service, typename Request, typename Response>
class ReflectionService final : public Service::CallbackService {
 public:
  ReflectionService(std::shared_ptr<const DescriptorIndex> index, CallRunner* calls)
      : answerer_(std::move(index)), calls_(calls) {}

  grpc::ServerBidiReactor<Request, Response>* ServerReflectionInfo(
      grpc::CallbackServerContext* context) override {
    return new Stream<Request, Response>(
        &answerer_, calls_->Check(*context, "ServerReflection/ServerReflectionInfo"));
  }

 private:
  Answerer<Request, Response> answerer_;
  CallRunner* calls_;
};

}  // namespace

absl::StatusOr<std::vector<std::unique_ptr<grpc::Service>>> NewReflectionServices(
    absl::string_view descriptor_set, std::vector<std::string> service_names, CallRunner* calls) {
  namespace v1 = grpc::reflection::v1;
  namespace v1alpha = grpc::reflection::v1alpha;
  auto index = DescriptorIndex::Build(descriptor_set, std::move(service_names));
  if (!index.ok()) return index.status();
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(
      std::make_unique<ReflectionService<v1::ServerReflection, v1::ServerReflectionRequest,
                                         v1::ServerReflectionResponse>>(*index, calls));
  services.push_back(std::make_unique<
                     ReflectionService<v1alpha::ServerReflection, v1alpha::ServerReflectionRequest,
                                       v1alpha::ServerReflectionResponse>>(*index, calls));
  return services;
}

}  // namespace gatehouse
