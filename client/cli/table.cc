#include "client/cli/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace gatehouse::cli {
namespace {

constexpr absl::string_view kGap = "  ";

}  // namespace

Table::Table(std::vector<TableColumn> columns, Palette palette, size_t indent)
    : columns_(std::move(columns)), palette_(palette), indent_(indent) {
  for (const TableColumn& column : columns_) widths_.push_back(DisplayWidth(column.header));
}

void Table::Add(std::vector<Cell> row) {
  row.resize(columns_.size(), Cell(""));
  for (size_t i = 0; i < row.size(); ++i) {
    row[i].text = row[i].text.empty() ? "-" : Printable(row[i].text);
    widths_[i] = std::max(widths_[i], DisplayWidth(row[i].text));
  }
  rows_.push_back(std::move(row));
}

void Table::PrintLine(const std::vector<Cell>& cells, std::ostream& out) const {
  std::string line(indent_, ' ');
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths_[i] - DisplayWidth(cells[i].text), ' ');
    const std::string painted = palette_.Paint(cells[i].text, cells[i].tone);
    if (columns_[i].align == Align::kRight) {
      absl::StrAppend(&line, padding, painted);
    } else if (i + 1 < cells.size()) {
      absl::StrAppend(&line, painted, padding);
    } else {
      absl::StrAppend(&line, painted);
    }
    if (i + 1 < cells.size()) absl::StrAppend(&line, kGap);
  }
  out << line << "\n";
}

void Table::Print(std::ostream& out) {
  if (rows_.empty()) return;
  if (!header_printed_) {
    std::vector<Cell> header;
    for (const TableColumn& column : columns_) header.emplace_back(column.header, Tone::kStrong);
    PrintLine(header, out);
    header_printed_ = true;
  }
  for (const std::vector<Cell>& row : rows_) PrintLine(row, out);
  rows_.clear();
}

void FieldList::Add(std::string label, Cell value) {
  if (value.text.empty()) return;
  value.text = Printable(value.text);
  fields_.emplace_back(std::move(label), std::move(value));
}

void FieldList::Add(const std::string& label, const std::vector<std::string>& values) {
  for (size_t i = 0; i < values.size(); ++i) Add(i == 0 ? label : "", values[i]);
}

void FieldList::Print(std::ostream& out, Palette palette) const {
  size_t width = 0;
  for (const auto& [label, value] : fields_) width = std::max(width, DisplayWidth(label));
  for (const auto& [label, value] : fields_) {
    const std::string padding(width - DisplayWidth(label), ' ');
    out << palette.Paint(label, Tone::kStrong) << padding << kGap
        << palette.Paint(value.text, value.tone) << "\n";
  }
}

}  // namespace gatehouse::cli
