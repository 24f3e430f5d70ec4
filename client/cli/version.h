// The version of the command line.
#ifndef GATEHOUSE_CLIENT_CLI_VERSION_H_
#define GATEHOUSE_CLIENT_CLI_VERSION_H_

namespace gatehouse::cli {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_VERSION_H_
