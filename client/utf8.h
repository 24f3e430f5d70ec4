// Whether foreign bytes can stand in a protobuf `string`.
#ifndef GATEHOUSE_CLIENT_UTF8_H_
#define GATEHOUSE_CLIENT_UTF8_H_

#include "absl/strings/string_view.h"

namespace gatehouse::client {

// protobuf logs an error for each string that is not valid UTF-8, and the
// receiver may refuse the whole message for it.
bool IsUtf8(absl::string_view text);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_UTF8_H_
