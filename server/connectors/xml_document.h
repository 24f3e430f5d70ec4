// XML from strangers: a parser that refuses what SAML has no use for, and a few
// ways to walk what it gives.
#ifndef GATEHOUSE_SERVER_CONNECTORS_XML_DOCUMENT_H_
#define GATEHOUSE_SERVER_CONNECTORS_XML_DOCUMENT_H_

#include <libxml/tree.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "server/connectors/saml_result.h"

namespace gatehouse {

struct XmlDocumentFree {
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};
using XmlDocument = std::unique_ptr<xmlDoc, XmlDocumentFree>;

// Parses UTF-8. Requires InitializeXml().
//   kForbiddenXml: a DTD, an entity other than the five of XML, a processing
//     instruction.
//   kMalformedResponse: not well-formed (namespaces included), above
//     `max_bytes`, deeper than 64 elements, more than 10,000 elements or
//     attributes.
SamlResult<XmlDocument> ParseXml(absl::string_view bytes, size_t max_bytes);

xmlNode* RootOf(const XmlDocument& document);

bool IsElement(const xmlNode* node, absl::string_view ns, absl::string_view name);
// "{namespace}name".
std::string NameOf(const xmlNode* element);

std::vector<xmlNode*> ChildElements(const xmlNode* parent);
std::vector<xmlNode*> ChildElements(const xmlNode* parent, absl::string_view ns,
                                    absl::string_view name);
// The first of them; nullptr if there is none.
xmlNode* FirstChild(const xmlNode* parent, absl::string_view ns, absl::string_view name);
// Visits `root` and every element below it, in document order.
void ForEachElement(xmlNode* root, absl::FunctionRef<void(xmlNode*)> visit);

// An attribute of no namespace.
std::optional<std::string> AttributeOf(const xmlNode* element, absl::string_view name);
// All the text below `element` joined, whatever comments lie between.
std::string TextOf(const xmlNode* element);
// TextOf without the white space around it.
std::string TrimmedTextOf(const xmlNode* element);

// Whether `text` can stand in a document: UTF-8 without control characters.
bool IsXmlText(absl::string_view text);
// IsXmlText() for use as text and in double-quoted attributes.
std::string EscapeXml(absl::string_view text);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_XML_DOCUMENT_H_
