// A streaming reader of CSV files (RFC 4180) that names the line of each record.
//
//   CsvReader reader(file, {});
//   ASSIGN_OR_RETURN(const std::vector<std::string> header, reader.ReadHeader());
//   while (true) {
//     ASSIGN_OR_RETURN(const std::optional<CsvRecord> record, reader.Next());
//     if (!record.has_value()) break;
//     if (!record->fields.ok()) { … record->line … ; continue; }
//   }
//
// Written for this project because the CSV libraries that Debian has (libcsv,
// fast-cpp-csv-parser) tell neither the line nor the cause of an error, bound no
// field, and cannot go on after a bad record.
#ifndef GATEHOUSE_CLIENT_CSV_CSV_READER_H_
#define GATEHOUSE_CLIENT_CSV_CSV_READER_H_

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gatehouse::client {

struct CsvOptions {
  // ',', ';' or '\t'. None: the one that stands most often, outside quotes, on
  // the header's first line; ',' if none does.
  std::optional<char> separator;
  size_t max_field_bytes = 64 << 10;
  // Of the record as it stands in the file, quotes included.
  size_t max_record_bytes = 1 << 20;
};

struct CsvRecord {
  // Physical line on which the record starts, from 1. Lines end with LF or CRLF,
  // inside quoted fields too.
  int64_t line = 0;
  // As many fields as the header has, quotes and doubled quotes resolved. Or
  // INVALID_ARGUMENT saying what is wrong, and on which line if that is another.
  absl::StatusOr<std::vector<std::string>> fields;
};

// Strict: a quote stands only around a whole field, or doubled inside a quoted
// one; every record has as many fields as the header; a line ends with LF or
// CRLF. Empty lines are skipped, and so is a UTF-8 byte order mark. Bytes are
// not checked to be UTF-8.
//
// A bad record loses nothing else. After a record with too few or too many
// fields, reading goes on behind it. After one whose quotes are wrong, or that
// is too large, its true end is unknown: reading goes on with the line after the
// one on which it started, since nearly always the mistake is on that line (a
// closing quote is missing) and the lines after it are whole records. If that
// record did span several lines, each of the others is read as a record: it is
// reported too, unless it happens to have the header's number of fields. No line
// is ever dropped in silence.
//
// Not thread-safe. Holds max_record_bytes and one read block at most.
class CsvReader {
 public:
  // `in` must outlive the reader, and should be open in binary mode.
  CsvReader(std::istream& in, const CsvOptions& options) : in_(in), options_(options) {}

  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  // Reads the first record. Call once, before Next. INVALID_ARGUMENT: there is
  // none, it is malformed, or the file is UTF-16; DATA_LOSS: `in` cannot be read.
  absl::StatusOr<std::vector<std::string>> ReadHeader();

  // The next record, good or bad; nullopt after the last one. DATA_LOSS: `in`
  // cannot be read any further.
  absl::StatusOr<std::optional<CsvRecord>> Next();

  // Bytes of `in` that the records so far stand in.
  int64_t bytes_read() const { return offset_ + static_cast<int64_t>(position_); }

 private:
  static constexpr int kEnd = -1;

  // The byte `ahead` of the position, or kEnd.
  int Peek(size_t ahead = 0);
  // Reads another block; false at the end of `in`.
  bool Refill();
  // Whether the line ends at the position; steps over the end if it does.
  bool TakeLineEnd();
  void SkipEmptyLines();
  char DetectSeparator();
  absl::Status CheckEncoding();
  // Makes the position the start of a record: what is before it may be forgotten.
  void StartRecord();

  absl::StatusOr<std::vector<std::string>> ParseRecord();
  // Each takes one field, and leaves the position at the separator or the end of
  // the line behind it.
  absl::Status ParseQuoted(size_t column, std::string& field);
  absl::Status ParseUnquoted(size_t column, std::string& field);
  absl::Status Append(int byte, size_t column, std::string& field);
  absl::Status RowTooLarge() const;
  // Goes to the line after the record's first, `record_line`.
  void SkipFirstLine(int64_t record_line);

  std::istream& in_;
  const CsvOptions options_;
  char separator_ = ',';
  size_t column_count_ = 0;  // 0: any, while the header is read
  std::string window_;       // a stretch of the input, with all of the current record
  size_t record_start_ = 0;  // in window_
  size_t position_ = 0;      // in window_
  int64_t offset_ = 0;       // of window_ in the input
  int64_t line_ = 1;         // of position_
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_CSV_CSV_READER_H_
