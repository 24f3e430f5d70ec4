// Calls of the API, each with the session's deadline and errors with details.
#ifndef GATEHOUSE_CLIENT_CLI_CALL_H_
#define GATEHOUSE_CLIENT_CLI_CALL_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command_options.h"
#include "client/cli/exit_code.h"
#include "client/cli/json.h"
#include "client/cli/session.h"
#include "client/cli/table.h"
#include "policy/status_macros.h"

namespace gatehouse::cli {

template <typename Stub, typename Request, typename Response>
using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

//   ASSIGN_OR_RETURN(v1::Domain domain,
//                    Call(session, &v1::DomainService::Stub::GetDomain, request));
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Session& session, Method<Stub, Request, Response> method,
                              const Request& request) {
  Stub stub(session.channel());
  grpc::ClientContext context;
  session.Prepare(context);
  Response response;
  RETURN_IF_ERROR(session.Translate((stub.*method)(&context, request, &response)));
  return response;
}

template <typename T>
struct ListColumn {
  std::string header;
  std::function<Cell(const T&)> cell;
  Align align = Align::kLeft;
};

// Pages through a list and prints each page as it comes: a table, or one JSON
// array. `what` names the items for the remark on an empty list: "domains in
// organizations/acme".
template <typename Stub, typename Request, typename Response, typename T>
absl::StatusOr<ExitCode> List(Session& session, Method<Stub, Request, Response> method,
                              Request request,
                              const google::protobuf::RepeatedPtrField<T>& (Response::*items)()
                                  const,
                              const ListOptions& options, const std::vector<ListColumn<T>>& columns,
                              const std::string& what) {
  constexpr int64_t kMaxPageSize = 1000;
  std::vector<TableColumn> table_columns;
  for (const ListColumn<T>& column : columns) {
    table_columns.push_back({column.header, column.align});
  }
  Table table(std::move(table_columns), session.out_palette());
  JsonArray array(session.out());
  int64_t shown = 0;
  bool more = true;
  while (more && (options.limit == 0 || shown < options.limit)) {
    const int64_t wanted = options.limit == 0 ? kMaxPageSize : options.limit - shown;
    request.set_page_size(static_cast<int32_t>(
        options.page_size > 0 ? options.page_size : std::min(wanted, kMaxPageSize)));
    ASSIGN_OR_RETURN(Response response, Call(session, method, request));
    more = !response.next_page_token().empty();
    for (const T& item : (response.*items)()) {
      if (options.limit != 0 && shown == options.limit) {
        more = true;
        break;
      }
      ++shown;
      if (session.json()) {
        array.Add(ToJson(item));
        continue;
      }
      std::vector<Cell> row;
      for (const ListColumn<T>& column : columns) row.push_back(column.cell(item));
      table.Add(std::move(row));
    }
    table.Print(session.out());
    request.set_page_token(response.next_page_token());
  }
  if (session.json()) array.Finish();
  if (shown == 0) {
    session.Note(absl::StrCat("no ", what));
  } else if (more) {
    session.Note(absl::StrCat("the first ", Grouped(shown), " ", what, "; there are more"));
  }
  return ExitCode::kOk;
}

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_CALL_H_
