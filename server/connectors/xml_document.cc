#include "server/connectors/xml_document.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "server/connectors/xml_runtime.h"

namespace gatehouse {
namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxElements = 10000;
constexpr int kMaxAttributes = 10000;

// What the handlers found while a document was parsed.
struct ParseState {
  std::optional<SamlRefusal> refusal;
  int elements = 0;
};

struct ParserContextFree {
  void operator()(xmlParserCtxt* context) const { xmlFreeParserCtxt(context); }
};
using ParserContext = std::unique_ptr<xmlParserCtxt, ParserContextFree>;

void Refuse(void* context, ConnectionTestFailure failure, absl::string_view detail) {
  auto* parser = static_cast<xmlParserCtxt*>(context);
  auto* state = static_cast<ParseState*>(parser->_private);
  if (!state->refusal.has_value()) state->refusal = SamlRefusal{failure, std::string(detail)};
  xmlStopParser(parser);
}

// Called at "<!DOCTYPE", before any declaration inside is read: no entity is
// ever declared, so none can be expanded.
void OnDoctype(void* context, const xmlChar*, const xmlChar*, const xmlChar*) {
  Refuse(context, ConnectionTestFailure::kForbiddenXml, "the XML has a document type declaration");
}

void OnProcessingInstruction(void* context, const xmlChar*, const xmlChar*) {
  Refuse(context, ConnectionTestFailure::kForbiddenXml, "the XML has a processing instruction");
}

// Not called for the five predefined entities.
xmlEntity* OnEntity(void* context, const xmlChar* name) {
  Refuse(context, ConnectionTestFailure::kForbiddenXml,
         absl::StrCat("the XML refers to an entity, ",
                      Shown(absl::string_view(reinterpret_cast<const char*>(name)))));
  return nullptr;
}

void OnStartElement(void* context, const xmlChar* name, const xmlChar* prefix, const xmlChar* uri,
                    int namespace_count, const xmlChar** namespaces, int attribute_count,
                    int defaulted_count, const xmlChar** attributes) {
  auto* parser = static_cast<xmlParserCtxt*>(context);
  auto* state = static_cast<ParseState*>(parser->_private);
  if (parser->nodeNr >= kMaxDepth) {
    return Refuse(context, ConnectionTestFailure::kMalformedResponse,
                  absl::StrFormat("the XML is deeper than %d elements", kMaxDepth));
  }
  if (++state->elements > kMaxElements) {
    return Refuse(context, ConnectionTestFailure::kMalformedResponse,
                  absl::StrFormat("the XML has more than %d elements", kMaxElements));
  }
  xmlSAX2StartElementNs(context, name, prefix, uri, namespace_count, namespaces, attribute_count,
                        defaulted_count, attributes);
}

// libxml2 compares each attribute of an element with all others before it calls
// us, so their number must be bounded beforehand. Each takes two quotes.
bool MayHaveTooManyAttributes(absl::string_view bytes) {
  const auto quotes =
      std::count_if(bytes.begin(), bytes.end(), [](char c) { return c == '"' || c == '\''; });
  return quotes > 2 * kMaxAttributes;
}

std::string FromXmlChars(xmlChar* owned) {
  std::string result = owned == nullptr ? "" : reinterpret_cast<const char*>(owned);
  xmlFree(owned);
  return result;
}

bool Equal(const xmlChar* left, absl::string_view right) {
  return left != nullptr && absl::string_view(reinterpret_cast<const char*>(left)) == right;
}

}  // namespace

SamlResult<XmlDocument> ParseXml(absl::string_view bytes, size_t max_bytes) {
  const auto malformed = [](std::string detail) {
    return SamlRefusal{ConnectionTestFailure::kMalformedResponse, std::move(detail)};
  };
  if (bytes.size() > max_bytes) {
    return malformed(
        absl::StrFormat("the XML has %d bytes; at most %d are read", bytes.size(), max_bytes));
  }
  if (MayHaveTooManyAttributes(bytes)) {
    return malformed(absl::StrFormat("the XML has more than %d attributes", kMaxAttributes));
  }
  XmlDiagnostics diagnostics;
  ParserContext parser(xmlNewParserCtxt());
  if (parser == nullptr) return malformed("out of memory");
  ParseState state;
  parser->_private = &state;
  parser->sax->internalSubset = OnDoctype;
  parser->sax->processingInstruction = OnProcessingInstruction;
  parser->sax->getEntity = OnEntity;
  parser->sax->startElementNs = OnStartElement;
  XmlDocument document(xmlCtxtReadMemory(parser.get(), bytes.data(), static_cast<int>(bytes.size()),
                                         nullptr, "UTF-8", XML_PARSE_NONET));
  if (state.refusal.has_value()) return *std::move(state.refusal);
  if (document == nullptr || parser->wellFormed == 0 || parser->nsWellFormed == 0 ||
      RootOf(document) == nullptr) {
    return malformed(absl::StrCat("not well-formed XML in UTF-8: ", diagnostics.text()));
  }
  return document;
}

xmlNode* RootOf(const XmlDocument& document) { return xmlDocGetRootElement(document.get()); }

bool IsElement(const xmlNode* node, absl::string_view ns, absl::string_view name) {
  return node != nullptr && node->type == XML_ELEMENT_NODE && Equal(node->name, name) &&
         node->ns != nullptr && Equal(node->ns->href, ns);
}

std::string NameOf(const xmlNode* element) {
  return absl::StrCat(
      "{", element->ns == nullptr ? "" : reinterpret_cast<const char*>(element->ns->href), "}",
      reinterpret_cast<const char*>(element->name));
}

std::vector<xmlNode*> ChildElements(const xmlNode* parent) {
  std::vector<xmlNode*> elements;
  for (xmlNode* child = parent->children; child != nullptr; child = child->next) {
    if (child->type == XML_ELEMENT_NODE) elements.push_back(child);
  }
  return elements;
}

std::vector<xmlNode*> ChildElements(const xmlNode* parent, absl::string_view ns,
                                    absl::string_view name) {
  std::vector<xmlNode*> elements = ChildElements(parent);
  std::erase_if(elements, [&](const xmlNode* child) { return !IsElement(child, ns, name); });
  return elements;
}

xmlNode* FirstChild(const xmlNode* parent, absl::string_view ns, absl::string_view name) {
  for (xmlNode* child = parent->children; child != nullptr; child = child->next) {
    if (IsElement(child, ns, name)) return child;
  }
  return nullptr;
}

void ForEachElement(xmlNode* root, absl::FunctionRef<void(xmlNode*)> visit) {
  visit(root);
  for (xmlNode* child : ChildElements(root)) ForEachElement(child, visit);
}

std::optional<std::string> AttributeOf(const xmlNode* element, absl::string_view name) {
  const std::string terminated(name);
  xmlChar* value = xmlGetNoNsProp(element, reinterpret_cast<const xmlChar*>(terminated.c_str()));
  if (value == nullptr) return std::nullopt;
  return FromXmlChars(value);
}

std::string TextOf(const xmlNode* element) { return FromXmlChars(xmlNodeGetContent(element)); }

std::string TrimmedTextOf(const xmlNode* element) {
  return std::string(absl::StripAsciiWhitespace(TextOf(element)));
}

bool IsXmlText(absl::string_view text) {
  if (std::any_of(text.begin(), text.end(), absl::ascii_iscntrl)) return false;
  return xmlCheckUTF8(reinterpret_cast<const xmlChar*>(std::string(text).c_str())) == 1;
}

std::string EscapeXml(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&apos;"}});
}

}  // namespace gatehouse
