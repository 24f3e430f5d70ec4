#include "client/csv/csv_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::client {
namespace {

constexpr size_t kBlockBytes = 64 << 10;
constexpr absl::string_view kUtf8Mark = "\xEF\xBB\xBF";

absl::Status ReadError(int64_t line) {
  return absl::DataLossError(absl::StrCat("cannot read the file beyond line ", line));
}

absl::Status Malformed(absl::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, reason::kInvalidField, what);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CsvReader::ReadHeader() {
  RETURN_IF_ERROR(CheckEncoding());
  SkipEmptyLines();
  StartRecord();
  if (Peek() == kEnd) {
    if (in_.bad()) return ReadError(line_);
    return Malformed("the file is empty: expected a line of column names");
  }
  separator_ = options_.separator.has_value() ? *options_.separator : DetectSeparator();
  const int64_t line = line_;
  absl::StatusOr<std::vector<std::string>> header = ParseRecord();
  if (in_.bad()) return ReadError(line_);
  if (!header.ok()) {
    return Malformed(absl::StrCat("the header (line ", line, "): ", header.status().message()));
  }
  column_count_ = header->size();
  return header;
}

absl::StatusOr<std::optional<CsvRecord>> CsvReader::Next() {
  SkipEmptyLines();
  StartRecord();
  if (Peek() == kEnd) {
    if (in_.bad()) return ReadError(line_);
    return std::nullopt;
  }
  CsvRecord record;
  record.line = line_;
  record.fields = ParseRecord();
  // What a failing read cut off is no record.
  if (in_.bad()) return ReadError(line_);
  if (!record.fields.ok()) {
    SkipFirstLine(record.line);
  } else if (record.fields->size() != column_count_) {
    record.fields =
        Malformed(absl::StrCat("the row has ", record.fields->size(), " fields: expected ",
                               column_count_, ", as in the header"));
  }
  return record;
}

int CsvReader::Peek(size_t ahead) {
  while (position_ + ahead >= window_.size()) {
    if (!Refill()) return kEnd;
  }
  return static_cast<unsigned char>(window_[position_ + ahead]);
}

bool CsvReader::Refill() {
  if (!in_.good()) return false;
  const size_t size = window_.size();
  window_.resize(size + kBlockBytes);
  in_.read(window_.data() + size, kBlockBytes);
  window_.resize(size + static_cast<size_t>(in_.gcount()));
  return window_.size() > size;
}

bool CsvReader::TakeLineEnd() {
  const int byte = Peek();
  if (byte == '\n') {
    ++position_;
  } else if (byte == '\r' && Peek(1) == '\n') {
    position_ += 2;
  } else {
    return false;
  }
  ++line_;
  return true;
}

void CsvReader::SkipEmptyLines() {
  while (TakeLineEnd()) {
    if (position_ >= kBlockBytes) StartRecord();
  }
}

void CsvReader::StartRecord() {
  // Moving the rest down for every record would copy each block many times.
  if (position_ < kBlockBytes && position_ < window_.size()) {
    record_start_ = position_;
    return;
  }
  window_.erase(0, position_);
  offset_ += static_cast<int64_t>(position_);
  position_ = 0;
  record_start_ = 0;
}

absl::Status CsvReader::CheckEncoding() {
  const int first = Peek();
  const int second = Peek(1);
  if ((first == 0xFF && second == 0xFE) || (first == 0xFE && second == 0xFF)) {
    return Malformed("the file is UTF-16: save it as \"CSV UTF-8\"");
  }
  Peek(kUtf8Mark.size() - 1);
  if (absl::StartsWith(window_, kUtf8Mark)) position_ += kUtf8Mark.size();
  return absl::OkStatus();
}

char CsvReader::DetectSeparator() {
  char best = ',';
  size_t best_count = 0;
  for (const char candidate : {',', ';', '\t'}) {
    size_t count = 0;
    bool quoted = false;
    size_t ahead = 0;
    for (int byte = Peek(); byte != kEnd && ahead < options_.max_record_bytes;
         byte = Peek(++ahead)) {
      if (byte == '"') quoted = !quoted;
      if (byte == '\n' && !quoted) break;
      if (byte == candidate && !quoted) ++count;
    }
    if (count > best_count) {
      best = candidate;
      best_count = count;
    }
  }
  return best;
}

absl::StatusOr<std::vector<std::string>> CsvReader::ParseRecord() {
  std::vector<std::string> fields;
  fields.reserve(column_count_);
  while (true) {
    const size_t column = fields.size() + 1;
    std::string field;
    RETURN_IF_ERROR(Peek() == '"' ? ParseQuoted(column, field) : ParseUnquoted(column, field));
    fields.push_back(std::move(field));
    if (position_ - record_start_ > options_.max_record_bytes) return RowTooLarge();
    if (Peek() == kEnd || TakeLineEnd()) return fields;
    ++position_;  // the separator
  }
}

absl::Status CsvReader::ParseUnquoted(size_t column, std::string& field) {
  while (true) {
    const int byte = Peek();
    if (byte == kEnd || byte == separator_ || byte == '\n') return absl::OkStatus();
    if (byte == '\r') {
      if (Peek(1) == '\n') return absl::OkStatus();
      return Malformed(absl::StrCat("column ", column,
                                    " holds a carriage return outside quotes: "
                                    "expected lines that end with LF or CRLF"));
    }
    if (byte == '"') {
      return Malformed(absl::StrCat("column ", column,
                                    " holds a quote inside an unquoted field: expected the whole "
                                    "field in quotes, with each quote in it doubled"));
    }
    RETURN_IF_ERROR(Append(byte, column, field));
  }
}

absl::Status CsvReader::ParseQuoted(size_t column, std::string& field) {
  const int64_t opened = line_;
  ++position_;
  while (true) {
    const int byte = Peek();
    if (byte == kEnd) {
      return Malformed(absl::StrCat("the quote that opens column ", column, " on line ", opened,
                                    " is never closed"));
    }
    if (byte == '"' && Peek(1) != '"') break;
    if (byte == '"') ++position_;
    if (byte == '\n') ++line_;
    if (absl::Status appended = Append(byte, column, field); !appended.ok()) {
      return Malformed(absl::StrCat(appended.message(), " (is the quote that opens on line ",
                                    opened, " closed?)"));
    }
  }
  ++position_;
  const int next = Peek();
  if (next == kEnd || next == separator_ || next == '\n' || (next == '\r' && Peek(1) == '\n')) {
    return absl::OkStatus();
  }
  return Malformed(absl::StrCat("column ", column, " goes on after its closing quote on line ",
                                line_, " (it opens on line ", opened,
                                "): expected a separator or the end of the line"));
}

absl::Status CsvReader::RowTooLarge() const {
  return Malformed(absl::StrCat("the row is larger than ", options_.max_record_bytes, " bytes"));
}

absl::Status CsvReader::Append(int byte, size_t column, std::string& field) {
  if (field.size() == options_.max_field_bytes) {
    return Malformed(
        absl::StrCat("column ", column, " is larger than ", options_.max_field_bytes, " bytes"));
  }
  if (position_ - record_start_ >= options_.max_record_bytes) {
    return RowTooLarge();
  }
  field.push_back(static_cast<char>(byte));
  ++position_;
  return absl::OkStatus();
}

void CsvReader::SkipFirstLine(int64_t record_line) {
  position_ = record_start_;
  line_ = record_line;
  while (Peek() != kEnd && !TakeLineEnd()) {
    ++position_;
    // The line may be far larger than any record.
    if (position_ >= options_.max_record_bytes + kBlockBytes) StartRecord();
  }
}

}  // namespace gatehouse::client
