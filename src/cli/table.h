// Tables for people, on standard output.
#ifndef NAMESAKE_CLI_TABLE_H_
#define NAMESAKE_CLI_TABLE_H_

#include <string>
#include <vector>

namespace namesake::cli {

using Row = std::vector<std::string>;

// Each column as wide as its longest cell, with nothing behind a line's last one. `rows` have one
// number of cells, and the first of them is the heading. A cell stays on its line, whatever is in
// it.
void PrintTable(std::vector<Row> rows);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_TABLE_H_
