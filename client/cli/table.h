// Tables and lists of fields, aligned by what a terminal shows.
#ifndef GATEHOUSE_CLIENT_CLI_TABLE_H_
#define GATEHOUSE_CLIENT_CLI_TABLE_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/cli/text.h"

namespace gatehouse::cli {

// One value and what it means. The text may hold anything; it is made printable
// when printed.
struct Cell {
  Cell(std::string cell_text, Tone cell_tone = Tone::kPlain)  // NOLINT: cells are written as text
      : text(std::move(cell_text)), tone(cell_tone) {}
  Cell(const char* cell_text) : Cell(std::string(cell_text)) {}  // NOLINT

  std::string text;
  Tone tone;
};

enum class Align { kLeft, kRight };

struct TableColumn {
  std::string header;
  Align align = Align::kLeft;
};

// A table that is printed in portions: the rows added so far at each Print. The
// columns are as wide as the widest row yet seen, so that a list without an end
// needs neither memory nor patience.
class Table {
 public:
  Table(std::vector<TableColumn> columns, Palette palette, size_t indent = 0);

  // As many cells as columns. An empty cell is shown as "-".
  void Add(std::vector<Cell> row);
  // The header, the first time; then the rows added since. Nothing if none were
  // ever added.
  void Print(std::ostream& out);

 private:
  void PrintLine(const std::vector<Cell>& cells, std::ostream& out) const;

  const std::vector<TableColumn> columns_;
  const Palette palette_;
  const size_t indent_;
  std::vector<size_t> widths_;
  std::vector<std::vector<Cell>> rows_;
  bool header_printed_ = false;
};

// Named values of one thing, one a line.
class FieldList {
 public:
  // An empty value is left out.
  void Add(std::string label, Cell value);
  // One line each, the label on the first.
  void Add(const std::string& label, const std::vector<std::string>& values);
  void Print(std::ostream& out, Palette palette) const;

 private:
  std::vector<std::pair<std::string, Cell>> fields_;
};

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_TABLE_H_
