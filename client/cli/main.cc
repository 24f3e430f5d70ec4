#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "client/cli/app.h"
#include "client/cli/connection.h"
#include "client/cli/interrupt.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  gatehouse::cli::Environment environment{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .in_is_terminal = isatty(STDIN_FILENO) == 1,
      .out_is_terminal = isatty(STDOUT_FILENO) == 1,
      .err_is_terminal = isatty(STDERR_FILENO) == 1,
      .variable =
          [](const std::string& name) {
            const char* value = std::getenv(name.c_str());
            return std::string(value == nullptr ? "" : value);
          },
      .now = absl::Now,
      .connect = gatehouse::cli::Connect,
      .on_interrupt = gatehouse::cli::OnInterrupt,
  };
  return static_cast<int>(gatehouse::cli::RunCli({argv + 1, argv + argc}, environment));
}
