#include "server/transport/certificate_reloader.h"

#include <utility>

#include "policy/status_macros.h"

namespace gatehouse {
namespace {

constexpr absl::Duration kNearEnd = absl::Hours(24 * 30);
constexpr absl::Duration kBetweenWarnings = absl::Hours(24);

bool SameFiles(const CertificateSet& a, const CertificateSet& b) {
  return a.certificate_pem == b.certificate_pem && a.key_pem == b.key_pem &&
         a.client_ca_pem == b.client_ca_pem;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CertificateReloader>> CertificateReloader::Start(
    CertificateFiles files, absl::Duration interval, const Clock* clock, Logger* logger) {
  std::unique_ptr<CertificateReloader> reloader(
      new CertificateReloader(std::move(files), clock, logger));
  ASSIGN_OR_RETURN(CertificateSet set, ReadCertificateSet(reloader->files_, clock->Now()));
  {
    std::lock_guard<std::mutex> lock(reloader->mutex_);
    reloader->TakeUp(std::move(set));
    reloader->WarnOfEnd(clock->Now());
  }
  reloader->thread_ = std::thread([raw = reloader.get(), interval] { raw->Run(interval); });
  return reloader;
}

CertificateReloader::~CertificateReloader() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const CertificateSet> CertificateReloader::current() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return current_;
}

void CertificateReloader::Refresh() {
  const absl::Time now = clock_->Now();
  absl::StatusOr<CertificateSet> set = ReadCertificateSet(files_, now);
  std::lock_guard<std::mutex> lock(mutex_);
  if (set.ok()) {
    last_failure_.clear();
    if (!SameFiles(*set, *current_)) TakeUp(*std::move(set));
  } else if (const std::string failure(set.status().message()); failure != last_failure_) {
    logger_->Log(LogLevel::kError, "certificate not taken up",
                 {{"message", failure}, {"serving", current_->subject}});
    last_failure_ = failure;
  }
  WarnOfEnd(now);
}

void CertificateReloader::Run(absl::Duration interval) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (
      !stop_.wait_for(lock, absl::ToChronoMilliseconds(interval), [this] { return stopping_; })) {
    lock.unlock();
    Refresh();
    lock.lock();
  }
}

void CertificateReloader::TakeUp(CertificateSet set) {
  logger_->Log(LogLevel::kInfo, "certificate in use",
               {{"subject", set.subject},
                {"ends", absl::FormatTime(absl::RFC3339_sec, set.not_after, absl::UTCTimeZone())}});
  current_ = std::make_shared<const CertificateSet>(std::move(set));
  last_warning_ = absl::InfinitePast();
}

void CertificateReloader::WarnOfEnd(absl::Time now) {
  const absl::Duration left = current_->not_after - now;
  if (left > kNearEnd || now - last_warning_ < kBetweenWarnings) return;
  last_warning_ = now;
  logger_->Log(
      LogLevel::kWarning, "certificate ends soon",
      {{"subject", current_->subject},
       {"days", int64_t{absl::ToInt64Hours(left) / 24}},
       {"ends", absl::FormatTime(absl::RFC3339_sec, current_->not_after, absl::UTCTimeZone())}});
}

}  // namespace gatehouse
