#include "server/connectors/xml_runtime.h"

#include <libxml/parser.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/xmlsec.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxDiagnosticBytes = 300;

thread_local XmlDiagnostics* current_diagnostics = nullptr;

xmlParserInput* RefuseExternalEntity(const char*, const char*, xmlParserCtxt*) { return nullptr; }

void OnXmlsecError(const char*, int, const char* function, const char*, const char* subject, int,
                   const char* message) {
  XmlDiagnostics::Report(
      absl::StrCat(function != nullptr ? function : "", subject != nullptr ? " " : "",
                   subject != nullptr ? subject : "", message != nullptr ? ": " : "",
                   message != nullptr ? message : ""));
}

void OnLibxmlError(void*, xmlError* error) {
  if (error->message != nullptr) XmlDiagnostics::Report(error->message);
}

absl::Status InitializeOnce() {
  xmlInitParser();
  if (xmlSecInit() < 0 || xmlSecCheckVersion() != 1 || xmlSecCryptoInit() < 0) {
    return absl::InternalError("xmlsec1 did not start, or its library and headers differ");
  }
  xmlSecErrorsSetCallback(OnXmlsecError);
  xmlSecIOCleanupCallbacks();
  // After xmlSecInit(), which sets a loader of its own.
  xmlSetExternalEntityLoader(RefuseExternalEntity);
  return absl::OkStatus();
}

}  // namespace

absl::Status InitializeXml() {
  static const absl::Status* const status = new absl::Status(InitializeOnce());
  return *status;
}

// libxml2's handler is a variable of the thread, so scopes of two threads do not meet.
XmlDiagnostics::XmlDiagnostics()
    : outer_(current_diagnostics),
      outer_handler_(xmlStructuredError),
      outer_context_(xmlStructuredErrorContext) {
  current_diagnostics = this;
  xmlSetStructuredErrorFunc(nullptr, OnLibxmlError);
}

XmlDiagnostics::~XmlDiagnostics() {
  xmlSetStructuredErrorFunc(outer_context_, outer_handler_);
  current_diagnostics = outer_;
}

void XmlDiagnostics::Report(absl::string_view message) {
  if (current_diagnostics == nullptr) return;
  std::string& text = current_diagnostics->text_;
  if (text.size() >= kMaxDiagnosticBytes) return;
  absl::StrAppend(&text, text.empty() ? "" : "; ", absl::StripAsciiWhitespace(message));
  text.resize(std::min(text.size(), kMaxDiagnosticBytes));
  // It may quote the document, which may hold anything.
  std::replace_if(
      text.begin(), text.end(), [](char c) { return !absl::ascii_isprint(c); }, '?');
}

}  // namespace gatehouse
