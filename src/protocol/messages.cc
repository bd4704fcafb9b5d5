#include "protocol/messages.h"

#include <chrono>
#include <utility>

namespace namesake::protocol {
namespace {

constexpr std::size_t kOne = sizeof(std::uint64_t);

void Put(const std::optional<std::uint64_t>& value, Writer& to) {
  to.Flag(value.has_value());
  if (value) to.Number(*value);
}

void Take(Reader& from, std::optional<std::uint64_t>& value) {
  value.reset();
  if (from.Flag()) value = from.Number();
}

// The steady clock is the same in all processes of a machine.
void Put(Deadline deadline, Writer& to) {
  to.Flag(!deadline.never());
  if (deadline.never()) return;
  const std::chrono::nanoseconds when = deadline.when()->time_since_epoch();
  to.Number(static_cast<std::uint64_t>(when.count()));
}

void Take(Reader& from, Deadline& deadline) {
  deadline = Deadline::Never();
  if (!from.Flag()) return;
  const std::chrono::nanoseconds when(static_cast<std::int64_t>(from.Number()));
  deadline = Deadline::At(Deadline::Clock::time_point(when));
}

void Put(const Piece& piece, Writer& to) {
  to.Number(piece.slab);
  to.Number(piece.offset);
  to.Number(piece.bytes);
}

void Take(Reader& from, Piece& piece) {
  piece.slab = from.Number();
  piece.offset = from.Number();
  piece.bytes = from.Number();
}

void Put(const std::vector<std::string>& texts, Writer& to) {
  to.Each(texts, [&](const std::string& text) { to.Text(text); });
}

void Take(Reader& from, std::vector<std::string>& texts) {
  from.Each(kOne, [&] { texts.push_back(from.Text()); });
}

void Put(const Capabilities& capabilities, Writer& to) {
  to.Each(capabilities.types, [&](ElementType type) { to.Case(type); });
  to.Each(capabilities.features, [&](Capability feature) { to.Case(feature); });
}

void Take(Reader& from, Capabilities& capabilities) {
  from.Each(kOne, [&] { capabilities.types.push_back(from.Case<ElementType>(kElementTypeCount)); });
  from.Each(kOne,
            [&] { capabilities.features.push_back(from.Case<Capability>(kCapabilityCount)); });
}

}  // namespace

void Put(const Prepare& prepare, Writer& to) {
  to.Number(prepare.version);
  to.Flag(prepare.best_effort);
  Put(prepare.devices, to);
  to.Flag(prepare.debug_log);
  to.Number(prepare.threads);
}

void Take(Reader& from, Prepare& prepare) {
  prepare.version = from.Number();
  prepare.best_effort = from.Flag();
  Take(from, prepare.devices);
  prepare.debug_log = from.Flag();
  prepare.threads = from.Number();
}

void Put(const Start& start, Writer& to) { Put(start.max_memory_bytes, to); }

void Take(Reader& from, Start& start) { Take(from, start.max_memory_bytes); }

void Put(const Started& started, Writer& to) {
  to.Number(started.version);
  to.Text(started.backend);
  to.Text(started.library_version);
  to.Each(started.encodings, [&](Encoding encoding) { to.Case(encoding); });
  Put(started.capabilities, to);
  Put(started.library_folders, to);
  Put(started.missing, to);
}

void Take(Reader& from, Started& started) {
  started.version = from.Number();
  started.backend = from.Text();
  started.library_version = from.Text();
  from.Each(kOne, [&] { started.encodings.push_back(from.Case<Encoding>(kEncodingCount)); });
  Take(from, started.capabilities);
  Take(from, started.library_folders);
  Take(from, started.missing);
}

void Put(const ModelHead& model, Writer& to) {
  to.Case(model.encoding);
  to.Case(model.target);
  to.Case(model.origin);
  to.Each(model.options, [&](const auto& option) {
    to.Text(option.first);
    to.Text(option.second);
  });
  Put(model.name, to);
}

void Take(Reader& from, ModelHead& model) {
  model.encoding = from.Case<Encoding>(kEncodingCount);
  model.target = from.Case<Target>(kTargetCount);
  model.origin = from.Case<Origin>(2);
  from.Each(2 * kOne, [&] {
    std::string key = from.Text();
    model.options.insert_or_assign(std::move(key), from.Text());
  });
  model.name = TakeWording(from);
}

void Put(const Load& load, Writer& to) {
  to.Number(load.graph);
  Put(load.model, to);
  to.Each(load.files, [&](const File& file) {
    to.Text(file.name);
    to.Number(file.bytes);
    to.Flag(file.is_directory);
  });
  to.Number(load.companions);
  to.Number(load.bytes);
  to.Flag(load.warm_up);
  to.Flag(load.has_compiled);
  to.Number(load.compiled_offset);
  for (const std::uint64_t part : load.compiled_checksum) to.Number(part);
  to.Flag(load.wants_compiled);
  Put(load.deadline, to);
}

void Take(Reader& from, Load& load) {
  load.graph = from.Number();
  Take(from, load.model);
  from.Each(3 * kOne, [&] {
    File file;
    file.name = from.Text();
    file.bytes = from.Number();
    file.is_directory = from.Flag();
    load.files.push_back(std::move(file));
  });
  load.companions = from.Number();
  load.bytes = from.Number();
  load.warm_up = from.Flag();
  load.has_compiled = from.Flag();
  load.compiled_offset = from.Number();
  for (std::uint64_t& part : load.compiled_checksum) part = from.Number();
  load.wants_compiled = from.Flag();
  Take(from, load.deadline);
}

void Put(const Loaded& loaded, Writer& to) {
  graph::Put(loaded.inputs, to);
  graph::Put(loaded.outputs, to);
  to.Number(loaded.context_bytes);
  Put(loaded.notes, to);
  to.Flag(loaded.keeps_state);
  to.Number(loaded.threads);
  to.Case(loaded.compiled);
  to.Text(loaded.discarded_because);
  to.Number(loaded.compiled_bytes);
  to.Text(loaded.not_kept_because);
}

void Take(Reader& from, Loaded& loaded) {
  loaded.inputs = graph::TakeTensorInfos(from);
  loaded.outputs = graph::TakeTensorInfos(from);
  loaded.context_bytes = from.Number();
  Take(from, loaded.notes);
  loaded.keeps_state = from.Flag();
  loaded.threads = from.Number();
  loaded.compiled = from.Case<CompiledUse>(3);
  loaded.discarded_because = from.Text();
  loaded.compiled_bytes = from.Number();
  loaded.not_kept_because = from.Text();
}

void Put(const Compute& compute, Writer& to) {
  to.Number(compute.graph);
  to.Number(compute.context);
  Put(compute.deadline, to);
  to.Flag(compute.processor.has_value());
  to.Number(compute.processor.value_or(0));
  to.Each(compute.inputs, [&](const InputPiece& input) {
    Put(input.piece, to);
    to.Case(input.type);
    to.Numbers(input.dims);
  });
  to.Each(compute.outputs, [&](const Piece& piece) { Put(piece, to); });
}

void Take(Reader& from, Compute& compute) {
  compute.graph = from.Number();
  compute.context = from.Number();
  Take(from, compute.deadline);
  const bool has_processor = from.Flag();
  const std::uint64_t processor = from.Number();
  compute.processor = has_processor ? std::optional(processor) : std::nullopt;
  compute.inputs.clear();
  from.Each(5 * kOne, [&] {
    InputPiece& input = compute.inputs.emplace_back();
    Take(from, input.piece);
    input.type = from.Case<ElementType>(kElementTypeCount);
    from.Numbers(input.dims);
  });
  compute.outputs.clear();
  from.Each(3 * kOne, [&] { Take(from, compute.outputs.emplace_back()); });
}

void Put(const std::vector<ComputedOutput>& outputs, Writer& to) {
  to.Each(outputs, [&](const ComputedOutput& output) {
    to.Numbers(output.dims);
    to.Number(output.bytes);
    to.Flag(output.is_placed);
  });
}

void Take(Reader& from, std::vector<ComputedOutput>& outputs) {
  from.Each(3 * kOne, [&] {
    ComputedOutput& output = outputs.emplace_back();
    from.Numbers(output.dims);
    output.bytes = from.Number();
    output.is_placed = from.Flag();
  });
}

void Put(const std::vector<Slab>& slabs, Writer& to) {
  to.Each(slabs, [&](const Slab& slab) {
    to.Number(slab.id);
    to.Number(slab.bytes);
    to.Flag(slab.writable);
  });
}

void Take(Reader& from, std::vector<Slab>& slabs) {
  from.Each(3 * kOne, [&] {
    Slab& slab = slabs.emplace_back();
    slab.id = from.Number();
    slab.bytes = from.Number();
    slab.writable = from.Flag();
  });
}

void Put(std::span<const Drop> drops, Writer& to) {
  to.Each(drops, [&](const Drop& drop) {
    to.Case(drop.what);
    to.Number(drop.id);
  });
}

void Take(Reader& from, std::vector<Drop>& drops) {
  from.Each(2 * kOne, [&] {
    Drop& drop = drops.emplace_back();
    drop.what = from.Case<Dropped>(3);
    drop.id = from.Number();
  });
}

void Put(const ReadOutput& read, Writer& to) {
  to.Number(read.context);
  to.Number(read.output);
  Put(read.to, to);
}

void Take(Reader& from, ReadOutput& read) {
  read.context = from.Number();
  read.output = from.Number();
  Take(from, read.to);
}

void Put(const Ended& ended, Writer& to) {
  to.Flag(ended.by_signal);
  to.Number(ended.status);
}

void Take(Reader& from, Ended& ended) {
  ended.by_signal = from.Flag();
  ended.status = from.Number();
}

void Put(const FormIdentity& identity, Writer& to) {
  to.Text(identity.version);
  to.Text(identity.details);
}
void Take(Reader& from, FormIdentity& identity) {
  identity.version = from.Text();
  identity.details = from.Text();
}

void Put(const std::vector<OptionProblem>& problems, Writer& to) {
  to.Each(problems, [&](const OptionProblem& problem) {
    to.Text(problem.key);
    to.Text(problem.message);
  });
}

void Take(Reader& from, std::vector<OptionProblem>& problems) {
  from.Each(2 * kOne, [&] {
    OptionProblem& problem = problems.emplace_back();
    problem.key = from.Text();
    problem.message = from.Text();
  });
}

void Put(const std::vector<Device>& devices, Writer& to) {
  to.Each(devices, [&](const Device& device) {
    to.Text(device.name);
    to.Text(device.description);
  });
}

void Take(Reader& from, std::vector<Device>& devices) {
  from.Each(2 * kOne, [&] {
    Device& device = devices.emplace_back();
    device.name = from.Text();
    device.description = from.Text();
  });
}

}  // namespace namesake::protocol
