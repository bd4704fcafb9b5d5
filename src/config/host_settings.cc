// The settings of the host itself.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/processors.h"
#include "base/text.h"
#include "base/units.h"
#include "config/table_settings.h"

namespace namesake::config {
namespace {

Words Sandboxes() { return NamesOf(kSandboxCount, SandboxName); }

template <std::optional<std::filesystem::path> HostEntry::* kField>
void ReadHostPath(const Input& input, HostEntry& host) {
  auto path = ReadPath(input);
  if (!path) return;
  AddPlace(input.key, input, host.places);
  host.*kField = *std::move(path);
}

void ReadEncodingBackends(const Input& input, HostEntry& host) {
  const auto* table = input.node.As<Table>();
  if (table == nullptr) return AddWrongKind(input, "a table");
  for (const Entry& entry : *table) {
    const std::string key = fmt::format("{}.{}", input.key, KeyText(entry.key));
    const auto encoding = ParseEncoding(entry.key);
    if (!encoding || *encoding == Encoding::kAutodetect) {
      input.problems.Add(entry.place, "{}: \"{}\" is no encoding", input.key,
                         base::Printable(entry.key));
      continue;
    }
    const auto name = ReadText({key, entry.value, input.table, input.problems});
    if (!name) continue;
    host.encoding_backends.insert_or_assign(*encoding, *name);
    host.places.insert_or_assign(fmt::format("{}.{}", input.key, EncodingName(*encoding)),
                                 input.problems.PublicPlace(entry.value.place));
  }
}

constexpr auto kHostSettings = std::to_array<Setting<HostEntry>>({
    {.key = "cache_dir",
     .value = "path",
     .read = ReadHostPath<&HostEntry::cache_dir>,
     .sentence = "Where compiled models are kept between processes."},
    {.key = "snapshot_dir",
     .value = "path",
     .read = ReadHostPath<&HostEntry::snapshot_dir>,
     .sentence = "Where the host keeps copies of models that guests register by path. Default: the "
                 "system's temporary directory."},
    {.key = "backends",
     .value = "list of strings",
     .read =
         [](const Input& input, HostEntry& host) {
           host.backends = ReadTexts(input);
           for (std::size_t i = 0; i < host.backends.size(); ++i) {
             host.places.insert_or_assign(fmt::format("{}[{}]", input.key, i),
                                          input.problems.PublicPlace(host.backends[i].place));
           }
           const auto* list = input.node.As<Node::List>();
           if (list != nullptr && list->empty()) {
             input.problems.Add(input.node.place, "{} is empty", input.key);
           }
         },
     .sentence = "The backends in order of preference: the first one that reads an encoding, and "
                 "knows a model's options, serves it. Default: all available backends, ONNX "
                 "Runtime before OpenVINO."},
    {.key = "encoding_backends",
     .value = "table of strings",
     .read = ReadEncodingBackends,
     .default_value = [](const HostEntry&) { return std::string("{}"); },
     .sentence = "The backend that comes first for an encoding, before the order of `backends`, "
                 "such as `{ onnx = \"openvino\" }`. A model's own backend and options count "
                 "more."},
    {.key = "failed_load_ttl",
     .value = "duration",
     .read =
         [](const Input& input, HostEntry& host) {
           if (const auto duration = ReadDuration(input)) host.failed_load_ttl = *duration;
         },
     .default_value =
         [](const HostEntry& host) { return Quoted(base::DurationText(host.failed_load_ttl)); },
     .sentence =
         "How long a failed load is remembered. Until then, further loads of it fail with the same "
         "error."},
    {.key = "isolation",
     .choices = Isolations,
     .read =
         [](const Input& input, HostEntry& host) {
           AddPlace(input.key, input, host.places);
           ReadEnum(input, Isolations(), host.isolation);
         },
     .default_value = [](const HostEntry& host) { return WordToml(Isolations(), host.isolation); },
     .sentence =
         "Where models are loaded and compute: in the host's process, once for all tenants "
         "(`\"process\"`), in processes of each tenant that uses them (`\"tenant\"`), or in "
         "one process for all tenants (`\"host\"`), which takes less memory and "
         "protects less. What guests supply is in their tenant's process in place of "
         "`\"host\"`. The setting of a tenant counts more, and that of a model most."},
    {.key = "sandbox",
     .choices = Sandboxes,
     .read = [](const Input& input,
                HostEntry& host) { ReadEnum(input, Sandboxes(), host.sandbox); },
     .default_value = [](const HostEntry& host) { return WordToml(Sandboxes(), host.sandbox); },
     .sentence = "What a tenant's process does if the system lacks a part of its sandbox: it does "
                 "not start (`\"strict\"`), or it does without, and the host logs a warning "
                 "(`\"best effort\"`)."},
    {.key = "sandbox_devices",
     .value = "list of paths",
     .read =
         [](const Input& input, HostEntry& host) {
           const auto paths = ReadTexts(input);
           for (std::size_t i = 0; i < paths.size(); ++i) {
             const auto& [text, place] = paths[i];
             if (std::filesystem::path(text).is_absolute()) {
               host.sandbox_devices.emplace_back(text);
             } else {
               input.problems.Add(place, "{}[{}]: \"{}\" is not an absolute path", input.key, i,
                                  base::Printable(text));
             }
           }
         },
     .sentence = "Devices other than processors that tenants' processes may use: paths of device "
                 "files, and of what their drivers read, such as `[\"/dev/dri\", "
                 "\"/sys/class/drm\", \"/etc/OpenCL\"]`. A process opens them while it starts, and "
                 "none later."},
    {.key = "spare_workers",
     .value = "boolean",
     .read =
         [](const Input& input, HostEntry& host) {
           if (const auto may = ReadFlag(input)) host.spare_workers = *may;
         },
     .default_value = [](const HostEntry& host) { return fmt::to_string(host.spare_workers); },
     .sentence = "Whether each backend that tenants use keeps one more process ready, which is "
                 "nobody's yet, for the next tenant's first load. `namesake run`, which has one "
                 "tenant, keeps none."},
    {.key = "quarantine",
     .value = "boolean",
     .read =
         [](const Input& input, HostEntry& host) {
           if (const auto may = ReadFlag(input)) host.quarantine = *may;
         },
     .default_value = [](const HostEntry& host) { return fmt::to_string(host.quarantine); },
     .sentence = "Whether a tenant whose inference has ended a process that serves all tenants "
                 "(`isolation = \"host\"`) has that model in a process of its own for a minute. "
                 "Otherwise it goes on to use the shared one, and is only refused for longer and "
                 "longer."},
    {.key = "threads",
     .value = "integer",
     .read =
         [](const Input& input, HostEntry& host) {
           if (const auto count = ReadCount(input, base::kMostThreads)) host.threads = *count;
         },
     .sentence = "The threads on which inferences compute together. Without it, one for each "
                 "processor that the host may use, by its affinity and the quotas of its control "
                 "groups. Inferences wait for threads, tenant by tenant: each for one, "
                 "or for as many as the options of its model give it. One that has run for 20 ms "
                 "leaves its threads to those who wait. No process of a backend computes on more."},
    {.key = "worker_idle_time",
     .value = "duration",
     .read =
         [](const Input& input, HostEntry& host) {
           if (const auto duration = ReadDuration(input)) host.worker_idle_time = *duration;
         },
     .default_value =
         [](const HostEntry& host) { return Quoted(base::DurationText(host.worker_idle_time)); },
     .sentence = "How long a tenant's process may have nothing to do and no open context before it "
                 "is ended. The next use starts another one and loads its model again, from the "
                 "compiled cache if there is one."},
    {.key = "worker_cgroup",
     .value = "path",
     .read = ReadHostPath<&HostEntry::worker_cgroup>,
     .sentence = "A control group with the memory controller that is left to the host, such as a "
                 "folder beneath `/sys/fs/cgroup`. Each tenant's process gets a group with "
                 "`max_worker_memory_bytes` of its tenant there. Without it the host watches the "
                 "processes' memory."},
    {.key = "backend_dir",
     .value = "path",
     .read = ReadHostPath<&HostEntry::backend_dir>,
     .sentence = "Where the backends' programs are, which run in tenants' processes. Default: "
                 "beside the library."},
    {.key = "limits",
     .value = "table",
     .read = [](const Input& input,
                HostEntry& host) { ReadTable(input, Within(input.table, input.key), host.limits); },
     .sentence = "Limits for the whole host, across all tenants; see below."},
});

}  // namespace

template <>
std::span<const Setting<HostEntry>> SettingsOf() {
  return kHostSettings;
}

}  // namespace namesake::config
