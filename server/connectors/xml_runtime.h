// The process-wide state of libxml2 and xmlsec1, set once, and what they report.
#ifndef GATEHOUSE_SERVER_CONNECTORS_XML_RUNTIME_H_
#define GATEHOUSE_SERVER_CONNECTORS_XML_RUNTIME_H_

#include <libxml/xmlerror.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gatehouse {

// Initializes both libraries, and takes from them every way to reach outside:
// external entities are never loaded and xmlsec opens no URI, anywhere in this
// process. INTERNAL if a library refuses to start. Thread-safe and idempotent.
absl::Status InitializeXml();

// While it lives, keeps what both libraries report on this thread, which would
// else go to stderr. Scopes nest; the inner one collects.
class XmlDiagnostics {
 public:
  XmlDiagnostics();
  ~XmlDiagnostics();
  XmlDiagnostics(const XmlDiagnostics&) = delete;
  XmlDiagnostics& operator=(const XmlDiagnostics&) = delete;

  // The first reports, joined by "; ", cut to a sane length, in printable ASCII.
  const std::string& text() const { return text_; }

  // Adds a report to the scope of this thread, if there is one.
  static void Report(absl::string_view message);

 private:
  XmlDiagnostics* const outer_;
  const xmlStructuredErrorFunc outer_handler_;
  void* const outer_context_;
  std::string text_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_XML_RUNTIME_H_
