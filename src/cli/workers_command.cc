#include "cli/workers_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/units.h"
#include "cli/exit_code.h"
#include "cli/print_json.h"
#include "cli/report.h"
#include "cli/status_socket.h"
#include "cli/table.h"

namespace namesake::cli {
namespace {

using nlohmann::json;

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

json ToJson(const WorkerStatus& worker) {
  return {{"backend", worker.backend},
          {"owner", worker.owner},
          {"purpose", WorkerPurposeName(worker.purpose)},
          {"process", worker.process},
          {"memory_bytes", worker.memory_bytes},
          {"uptime_seconds", Seconds(worker.uptime)},
          {"contexts", worker.contexts},
          {"calls", worker.calls},
          {"models", worker.models}};
}

json ToJson(const WorkerLog::Ended& ended, WorkerLog::Clock::time_point now) {
  return {{"seconds_ago", Seconds(now - ended.when)},
          {"reason", ended.end.reason},
          {"running", ended.end.running},
          {"worker", ToJson(ended.end.worker)}};
}

json ToJson(const WorkerVerdict& verdict) {
  return {{"backend", verdict.backend},
          {"owner", verdict.owner},
          {"model", verdict.model},
          {"count", verdict.count}};
}

// A status as another process has told it, which may be of another version.
class Told {
 public:
  Told(pid_t process, json status) : process_(process), status_(std::move(status)) {}

  json ToJson() const {
    json all = {{"process", process_}};
    all.update(status_);
    return all;
  }
  void Print() const;

 private:
  static std::string Text(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
  }
  static double Number(const json& object, const char* key) {
    const auto found = object.find(key);
    constexpr double kMost = 1e15;
    const bool is_there = found != object.end() && found->is_number();
    // Written so that what is no number is 0.
    const double number = is_there ? found->get<double>() : 0;
    return number > 0 ? std::min(number, kMost) : 0;
  }
  static std::string Count(const json& object, const char* key) {
    return fmt::format("{:.0f}", Number(object, key));
  }
  static std::string Time(const json& object, const char* key) {
    // Rounded to seconds: people read the table.
    constexpr double kMost = 1e9;
    const std::chrono::seconds whole(
        static_cast<std::int64_t>(std::min(Number(object, key), kMost)));
    return base::DurationText(whole);
  }
  static std::string Names(const json& object, const char* key) {
    std::vector<std::string> names;
    const auto found = object.find(key);
    if (found == object.end() || !found->is_array()) return "";
    for (const json& name : *found) {
      if (name.is_string()) names.push_back(name.get<std::string>());
    }
    std::ranges::sort(names);
    return fmt::to_string(fmt::join(names, ", "));
  }
  // The objects in a list.
  std::vector<json> List(const char* key) const {
    std::vector<json> objects;
    const auto found = status_.find(key);
    if (found == status_.end() || !found->is_array()) return objects;
    std::ranges::copy_if(*found, std::back_inserter(objects), &json::is_object);
    return objects;
  }

  void PrintWorkers() const;
  void PrintEnds() const;
  void PrintVerdicts() const;

  const pid_t process_;
  const json status_;
};

void Told::PrintWorkers() const {
  std::vector<Row> rows = {
      {"OWNER", "BACKEND", "PURPOSE", "PROCESS", "MEMORY", "UP", "CALLS", "CONTEXTS", "MODELS"}};
  for (const json& worker : List("workers")) {
    rows.push_back({Text(worker, "owner"), Text(worker, "backend"), Text(worker, "purpose"),
                    Count(worker, "process"),
                    base::SizeText(static_cast<std::uint64_t>(Number(worker, "memory_bytes"))),
                    Time(worker, "uptime_seconds"), Count(worker, "calls"),
                    Count(worker, "contexts"), Names(worker, "models")});
  }
  PrintTable(std::move(rows));
}

void Told::PrintEnds() const {
  std::vector<Row> rows = {{"ENDED", "OWNER", "BACKEND", "REASON", "WHILE IT RAN"}};
  for (const json& ended : List("ends")) {
    const json worker = ended.value("worker", json::object());
    if (!worker.is_object()) continue;
    rows.push_back({Time(ended, "seconds_ago") + " ago", Text(worker, "owner"),
                    Text(worker, "backend"), Text(ended, "reason"), Names(ended, "running")});
  }
  if (rows.size() == 1) return;
  PrintLine("");
  PrintTable(std::move(rows));
}

void Told::PrintVerdicts() const {
  std::vector<Row> rows = {{"ENDED WORKERS", "TIMES", "BACKEND", "MODEL"}};
  for (const json& verdict : List("verdicts")) {
    rows.push_back({Text(verdict, "owner"), Count(verdict, "count"), Text(verdict, "backend"),
                    Text(verdict, "model")});
  }
  if (rows.size() == 1) return;
  PrintLine("");
  PrintTable(std::move(rows));
}

void Told::Print() const {
  PrintLine("process {}", process_);
  PrintWorkers();
  PrintEnds();
  PrintVerdicts();
}

Result<Told> Ask(pid_t process) {
  const auto answer = AskForStatus(process);
  if (!answer) return std::unexpected(answer.error());
  constexpr int kDeepest = 8;
  const auto is_flat = [](int depth, json::parse_event_t /*event*/, const json& /*parsed*/) {
    return depth <= kDeepest;
  };
  json status = json::parse(*answer, is_flat, false);
  if (!status.is_object()) {
    return std::unexpected(Error(ErrorCode::kRuntimeError, "its answer is not understood"));
  }
  return Told(process, std::move(status));
}

}  // namespace

CLI::App* AddWorkersCommand(CLI::App& app, WorkersOptions& options) {
  CLI::App* const workers = app.add_subcommand(
      "workers", "Show the processes of backends that this user's commands run now");
  workers
      ->add_option("PROCESS", options.process,
                   "Only those of the namesake run with this process number")
      ->type_name("PROCESS");
  workers->add_flag("--json", options.json, "Print JSON, for programs");
  return workers;
}

int ListWorkers(const WorkersOptions& options) {
  std::vector<pid_t> processes = ProcessesWithStatus();
  if (options.process) {
    std::erase_if(processes,
                  [&](pid_t process) { return std::to_string(process) != *options.process; });
    if (processes.empty()) {
      return Report(kBadUsage,
                    "workers: no namesake runs as the process \"{}\" of this user; namesake "
                    "workers shows all",
                    base::Printable(*options.process));
    }
  }
  json all = json::array();
  bool is_first = true;
  for (const pid_t process : processes) {
    const auto told = Ask(process);
    if (!told) {
      // It may have ended just now.
      Report(kSuccess, "workers: process {}: {}", process, told.error().detail());
    } else if (options.json) {
      all.push_back(told->ToJson());
    } else {
      if (!std::exchange(is_first, false)) PrintLine("");
      told->Print();
    }
  }
  if (options.json) {
    PrintJson({{"processes", std::move(all)}});
  } else if (processes.empty()) {
    PrintLine("no namesake of this user runs a guest");
  }
  return kSuccess;
}

std::string WorkersText(const Host& host, const WorkerLog& log) {
  json status = {{"workers", json::array()}, {"ends", json::array()}, {"verdicts", json::array()}};
  for (const WorkerStatus& worker : host.Workers()) status["workers"].push_back(ToJson(worker));
  const auto now = WorkerLog::Clock::now();
  for (const auto& ended : log.ends()) status["ends"].push_back(ToJson(ended, now));
  for (const auto& verdict : log.verdicts()) status["verdicts"].push_back(ToJson(verdict));
  return status.dump(-1, ' ', true, json::error_handler_t::replace);
}

}  // namespace namesake::cli
