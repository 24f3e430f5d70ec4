// The server's certificate, kept up with its files.
#ifndef GATEHOUSE_SERVER_TRANSPORT_CERTIFICATE_RELOADER_H_
#define GATEHOUSE_SERVER_TRANSPORT_CERTIFICATE_RELOADER_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/runtime/clock.h"
#include "server/runtime/logger.h"
#include "server/transport/certificate_files.h"

namespace gatehouse {

// Looks at the files each interval, on a thread of its own. What is broken never
// takes effect: the last set that was sound stays. Thread-safe.
class CertificateReloader {
 public:
  // Reads the files once; the errors are those of ReadCertificateSet. `clock` and
  // `logger` must outlive this.
  static absl::StatusOr<std::unique_ptr<CertificateReloader>> Start(CertificateFiles files,
                                                                    absl::Duration interval,
                                                                    const Clock* clock,
                                                                    Logger* logger);
  ~CertificateReloader();
  CertificateReloader(const CertificateReloader&) = delete;
  CertificateReloader& operator=(const CertificateReloader&) = delete;

  // The set in effect: another pointer after each change.
  std::shared_ptr<const CertificateSet> current() const;

  // Looks at the files now. Logs each change, each new failure, and once a day
  // that the certificate ends within 30 days.
  void Refresh();

 private:
  CertificateReloader(CertificateFiles files, const Clock* clock, Logger* logger)
      : files_(std::move(files)), clock_(clock), logger_(logger) {}

  void Run(absl::Duration interval);
  // With mutex_ held.
  void TakeUp(CertificateSet set);
  void WarnOfEnd(absl::Time now);

  const CertificateFiles files_;
  const Clock* const clock_;
  Logger* const logger_;

  mutable std::mutex mutex_;
  std::shared_ptr<const CertificateSet> current_;
  std::string last_failure_;  // empty: none
  absl::Time last_warning_ = absl::InfinitePast();

  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_TRANSPORT_CERTIFICATE_RELOADER_H_
