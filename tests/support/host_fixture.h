// A host with the fake backend, its tenants and views, made through the public API only.
#ifndef NAMESAKE_TESTS_SUPPORT_HOST_FIXTURE_H_
#define NAMESAKE_TESTS_SUPPORT_HOST_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "namesake/host.h"
#include "support/matchers.h"

namespace namesake::test {

class HostFixture : public ::testing::Test {
 protected:
  // A host waits for its loads.
  ~HostFixture() override {
    counters_.loading.Open();
    counters_.computing.Open();
  }

  void Make(HostLimits limits = {}) {
    Make(HostOptions{.limits = limits, .isolation = Isolation::kProcess});
  }
  void Make(HostOptions options) {
    for (const Isolation isolation : {Isolation::kProcess, Isolation::kTenant}) {
      auto backend = NewBackend(isolation);
      if (backend->isolation() == isolation) options.backends.push_back(std::move(backend));
    }
    host_ = Host::Create(std::move(options)).value();
  }

  // Backends of both isolations are in this process here. One that is not of the isolation is left
  // out.
  virtual std::unique_ptr<Backend> NewBackend(Isolation isolation) {
    return std::make_unique<fake::Backend>(std::vector{Encoding::kOnnx, Encoding::kTensorFlowLite},
                                           counters_, "fake", isolation);
  }

  std::shared_ptr<const Tenant> AddTenant(TenantOptions options) {
    return host_->AddTenant(std::move(options)).value();
  }
  std::unique_ptr<View> NewView(const std::shared_ptr<const Tenant>& tenant,
                                std::vector<GuestDirectory> directories = {}) {
    return host_->NewView({.tenant = *tenant, .directories = std::move(directories)});
  }
  std::unique_ptr<View> NewView(const InstanceLimits& limits) {
    return host_->NewView({.tenant = host_->default_tenant(), .limits = limits});
  }

  static Result<GraphHandle> Load(View& view, std::string_view text) {
    const std::vector parts = {std::as_bytes(std::span(text))};
    return view.Load(parts, Encoding::kOnnx, Target::kCpu);
  }
  static Result<GraphHandle> LoadNamed(View& view, std::string_view text, std::string_view name) {
    const std::vector parts = {std::as_bytes(std::span(text))};
    return view.LoadNamed(parts, Encoding::kOnnx, Target::kCpu, name);
  }
  // Sets a one-dimensional tensor of u8.
  static Result<void> SetBytes(View& view, ContextHandle context, std::size_t bytes,
                               std::size_t index = 0) {
    const std::vector<std::byte> data(bytes);
    const std::vector<std::uint64_t> dims = {bytes};
    return view.SetInput(context, index, {.type = ElementType::kU8, .dims = dims, .data = data});
  }

  fake::Counters counters_;
  std::unique_ptr<Host> host_;
};

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_HOST_FIXTURE_H_
