// Counts the graphs and contexts of a backend whose own counts can't be seen, such as one in
// workers.
#ifndef NAMESAKE_TESTS_ABI_COUNTED_GRAPH_H_
#define NAMESAKE_TESTS_ABI_COUNTED_GRAPH_H_

#include <memory>

#include "backend_fake/fake_backend.h"
#include "namesake/backend.h"

namespace namesake::test {

// A graph that passes everything on to `graph`. `counters` must outlive it and its contexts.
std::shared_ptr<const Graph> Counted(std::shared_ptr<const Graph> graph, fake::Counters& counters);

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_ABI_COUNTED_GRAPH_H_
