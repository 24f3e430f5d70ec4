// While it lives, what this process and those it starts write to their standard
// error goes to a file: how a test reads a server's log.
#ifndef GATEHOUSE_TESTS_INTEGRATION_STDERR_TO_FILE_H_
#define GATEHOUSE_TESTS_INTEGRATION_STDERR_TO_FILE_H_

#include <fcntl.h>
#include <unistd.h>

#include <string>

namespace gatehouse {

class StderrToFile {
 public:
  explicit StderrToFile(const std::string& path) : saved_(dup(2)) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(file, 2);
    close(file);
  }
  StderrToFile(const StderrToFile&) = delete;
  StderrToFile& operator=(const StderrToFile&) = delete;
  ~StderrToFile() {
    dup2(saved_, 2);
    close(saved_);
  }

 private:
  int saved_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_INTEGRATION_STDERR_TO_FILE_H_
