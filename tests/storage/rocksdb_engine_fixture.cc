#include "tests/storage/rocksdb_engine_fixture.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "rocksdb/file_system.h"
#include "storage/rocksdb_engine_testing.h"

namespace gatehouse::storage {
namespace {

namespace fs = std::filesystem;
using rocksdb::IOStatus;

class FaultyLogFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyLogFile(std::unique_ptr<rocksdb::FSWritableFile> file, LogFaults* faults)
      : FSWritableFileOwnerWrapper(std::move(file)), faults_(faults) {}

  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  rocksdb::IODebugContext* debug) override {
    IOStatus fault = AppendFault();
    return fault.ok() ? target()->Append(data, options, debug) : fault;
  }

  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  const rocksdb::DataVerificationInfo& info,
                  rocksdb::IODebugContext* debug) override {
    IOStatus fault = AppendFault();
    return fault.ok() ? target()->Append(data, options, info, debug) : fault;
  }

  IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    ++faults_->syncs;
    if (faults_->before_sync) faults_->before_sync();
    if (faults_->kind == LogFaults::kSyncError) return IOStatus::IOError("injected sync error");
    return target()->Sync(options, debug);
  }

 private:
  IOStatus AppendFault() const {
    if (faults_->kind == LogFaults::kNoSpace) return IOStatus::NoSpace("injected: disk full");
    if (faults_->kind == LogFaults::kAppendError) return IOStatus::IOError("injected write error");
    return IOStatus::OK();
  }

  LogFaults* const faults_;
};

class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFileSystem(LogFaults* faults)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), faults_(faults) {}

  const char* Name() const override { return "FaultyFileSystem"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           rocksdb::IODebugContext* debug) override {
    IOStatus status = target()->NewWritableFile(name, options, file, debug);
    if (status.ok() && fs::path(name).extension() == ".log") {
      *file = std::make_unique<FaultyLogFile>(std::move(*file), faults_);
    }
    return status;
  }

 private:
  LogFaults* const faults_;
};

}  // namespace

RocksDbEngineFixture::RocksDbEngineFixture()
    : env_(rocksdb::NewCompositeEnv(std::make_shared<FaultyFileSystem>(&log_faults_))) {
  options_.block_cache_bytes = 1 << 20;
}

RocksDbEngineFixture::~RocksDbEngineFixture() = default;

absl::StatusOr<std::unique_ptr<Engine>> RocksDbEngineFixture::TryOpen(const fs::path& directory) {
  RocksDbEngineOptions options = options_;
  options.directory = directory.string();
  return OpenRocksDbEngineOnEnv(options, env_.get());
}

std::unique_ptr<Engine> RocksDbEngineFixture::Open(const fs::path& directory) {
  absl::StatusOr<std::unique_ptr<Engine>> engine = TryOpen(directory);
  EXPECT_TRUE(engine.ok()) << engine.status();
  return *std::move(engine);
}

Revision RocksDbEngineFixture::Put(Engine& engine, absl::string_view key, absl::string_view value) {
  absl::StatusOr<Revision> revision = engine.Commit({{}, {{std::string(key), std::string(value)}}});
  EXPECT_TRUE(revision.ok()) << revision.status();
  return revision.value_or(0);
}

absl::StatusOr<std::map<std::string, Entry>> RocksDbEngineFixture::ReadAll(const Engine& engine) {
  absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = engine.NewSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  std::map<std::string, Entry> all;
  absl::Status status = (*snapshot)->Scan(
      {}, [&](absl::string_view key, absl::string_view value, Revision mod_revision) {
        all[std::string(key)] = Entry{std::string(value), mod_revision};
        return true;
      });
  if (!status.ok()) return status;
  return all;
}

bool operator==(const Entry& a, const Entry& b) {
  return a.value == b.value && a.mod_revision == b.mod_revision;
}

std::vector<fs::path> FilesWithExtension(const fs::path& directory, const std::string& extension) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.path().extension() == extension) found.push_back(entry.path());
  }
  return found;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const fs::path& path, absl::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  EXPECT_TRUE(file.good()) << path;
}

void CopyTree(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

std::map<std::string, std::string> ReadTree(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), directory).string()] = ReadFile(entry.path());
    }
  }
  return files;
}

}  // namespace gatehouse::storage
