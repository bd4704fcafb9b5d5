#include "cli/table.h"

#include <algorithm>

#include "base/text.h"
#include "cli/report.h"

namespace namesake::cli {
namespace {

// Returns the width of UTF-8 text on a terminal; counts wide and combining characters as one
// column.
std::size_t Columns(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char byte) { return (byte & 0xC0) != 0x80; }));
}

}  // namespace

void PrintTable(std::vector<Row> rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = base::VisibleLine(row[i]);
      widths[i] = std::max(widths[i], Columns(row[i]));
    }
  }
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - Columns(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    PrintLine("{}", line);
  }
}

}  // namespace namesake::cli
