// Tables for people, on standard output.
#ifndef NAMESAKE_CLI_TABLE_H_
#define NAMESAKE_CLI_TABLE_H_

#include <string>
#include <vector>

namespace namesake::cli {

using Row = std::vector<std::string>;

// Makes each column as wide as its longest cell, without trailing blanks. All `rows` have the same
// number of cells, and the first row is the heading. Each cell stays on its line, whatever it
// contains.
void PrintTable(std::vector<Row> rows);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_TABLE_H_
