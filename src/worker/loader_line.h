// Reads the dynamic loader's message about a program that it can't start.
#ifndef NAMESAKE_WORKER_LOADER_LINE_H_
#define NAMESAKE_WORKER_LOADER_LINE_H_

#include <string>
#include <string_view>

namespace namesake::worker {

// Returns the reason that a program gave for its end in its last line: the line, or "its library is
// missing: NAME not found" for the dynamic loader's own.
std::string ReadLoaderLine(std::string_view line);

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_LOADER_LINE_H_
