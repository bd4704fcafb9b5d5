// A host whose models are the rows of a table models(name, encoding, path), in a file of SQLite, by
// a registry of one's own (lookup_registry.h). Prints what one of the models takes and gives.
//
//   custom_registry MODELS.db NAME
#include <namesake/namesake.h>
#include <sqlite3.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "lookup_registry.h"

static int Fail(const std::string& reason) {
  std::cerr << "custom_registry: " << reason << '\n';
  return 1;
}

// The encoding is detected if the row has none that is known.
static namesake::Result<namesake::Model> FindModel(sqlite3* db, const namesake::ModelName& name) {
  sqlite3_stmt* query = nullptr;
  sqlite3_prepare_v2(db, "SELECT encoding, path FROM models WHERE name = ?", -1, &query, nullptr);
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> owner(query, sqlite3_finalize);
  if (query != nullptr) sqlite3_bind_text(query, 1, name.text().c_str(), -1, SQLITE_STATIC);
  const int step = query == nullptr ? SQLITE_ERROR : sqlite3_step(query);
  using enum namesake::ErrorCode;
  if (step == SQLITE_DONE) return std::unexpected(namesake::Error(kNotFound, "no such model"));
  const namesake::Error failed(kRuntimeError, "the table can't be read", sqlite3_errmsg(db));
  if (step != SQLITE_ROW) return std::unexpected(failed);
  const auto text = [&](int column) {
    const auto* const bytes = sqlite3_column_text(query, column);
    return std::string(bytes == nullptr ? "" : reinterpret_cast<const char*>(bytes));
  };
  const auto encoding = namesake::ParseEncoding(text(0)).value_or(namesake::Encoding::kAutodetect);
  return namesake::Model{.encoding = encoding, .source = namesake::ModelFiles{{text(1)}}};
}

// Result::value() throws the error, if there is one, to the end of this function.
int main(int argc, char** argv) try {
  if (argc != 3) return Fail("usage: custom_registry MODELS.db NAME");
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(argv[1], &opened, SQLITE_OPEN_READONLY, nullptr);
  const std::shared_ptr<sqlite3> db(opened, sqlite3_close);
  if (status != SQLITE_OK) return Fail(sqlite3_errmsg(opened));
  namesake::HostOptions options;
  options.make_registry = [db](std::shared_ptr<const namesake::ModelLoader> loader) {
    const auto find = [db](const namesake::ModelName& name) { return FindModel(db.get(), name); };
    return std::make_shared<LookupRegistry>(std::move(loader), find);
  };
  const auto host = namesake::Host::Create(std::move(options)).value();
  const auto view = host->NewView();
  const auto graph = view->LoadByName(argv[2]).value();
  std::cout << view->Describe(graph).value() << '\n';
} catch (const std::bad_expected_access<namesake::Error>& failed) {
  return Fail(failed.error().detail());
}
