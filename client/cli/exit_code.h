// What the `gatehouse` command ends with; part of its interface (docs/command-line.md).
#ifndef GATEHOUSE_CLIENT_CLI_EXIT_CODE_H_
#define GATEHOUSE_CLIENT_CLI_EXIT_CODE_H_

namespace gatehouse::cli {

enum class ExitCode {
  kOk = 0,
  kFailed = 1,          // the server refused or failed, or a connection test did not pass
  kUsage = 2,           // the command line, or a file that it names, is wrong; nothing was sent
  kNotFound = 3,        // what was named does not exist
  kRefused = 4,         // the present state forbids it
  kUnavailable = 5,     // no answer now; the same command may succeed later
  kSomeRowsFailed = 6,  // import, check-batch: the other rows are done
  kRequireSso = 10,     // check --exit-code
  kDeny = 11,           // check --exit-code
};

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_EXIT_CODE_H_
