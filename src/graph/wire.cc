#include "graph/wire.h"

namespace namesake::graph {
namespace {

constexpr std::size_t kOne = sizeof(std::uint64_t);

}  // namespace

void Put(const TensorInfo& info, Writer& to) {
  to.Text(info.name);
  to.Each(info.aliases, [&](const std::string& alias) { to.Text(alias); });
  to.Case(info.type);
  to.Flag(info.may_be_empty);
  to.Flag(info.shape.has_value());
  if (!info.shape) return;
  to.Each(*info.shape, [&](const Dim& dim) {
    to.Number(dim.min);
    to.Number(dim.max);
  });
}

TensorInfo TakeTensorInfo(Reader& from) {
  TensorInfo info;
  info.name = from.Text();
  from.Each(kOne, [&] { info.aliases.push_back(from.Text()); });
  info.type = from.Case<ElementType>(kElementTypeCount);
  info.may_be_empty = from.Flag();
  if (!from.Flag()) return info;
  auto& shape = info.shape.emplace();
  from.Each(2 * kOne, [&] {
    const std::uint64_t min = from.Number();
    shape.push_back({.min = min, .max = from.Number()});
    if (min > shape.back().max) from.Fail();
  });
  return info;
}

void Put(const std::vector<TensorInfo>& infos, Writer& to) {
  to.Each(infos, [&](const TensorInfo& info) { Put(info, to); });
}

std::vector<TensorInfo> TakeTensorInfos(Reader& from) {
  std::vector<TensorInfo> infos;
  from.Each(5 * kOne, [&] { infos.push_back(TakeTensorInfo(from)); });
  return infos;
}

}  // namespace namesake::graph
