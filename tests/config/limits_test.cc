#include "namesake/limits.h"

#include <gmock/gmock.h>

#include <chrono>
#include <string>

#include "config/support.h"
#include "namesake/config.h"

namespace namesake {
namespace {

using test::Parse;

// Sets each limit of a table to a distinct value.
std::string WithAll(std::string_view table) {
  std::string text;
  int value = 0;
  for (const SettingDescription& setting : Settings()) {
    if (setting.table != table) continue;
    ++value;
    const std::string number = std::to_string(value);
    const bool is_count = setting.value.starts_with("integer");
    const bool is_size = setting.value.starts_with("size");
    text += setting.key + " = " +
            (is_count  ? number
             : is_size ? "\"" + number + " B\""
                       : "\"" + number + " ns\"") +
            "\n";
  }
  return text;
}

// The limits that the host and a tenant share, in the order of the list.
template <typename Limits>
void ExpectCountedUp(const Limits& limits) {
  EXPECT_EQ(limits.max_models, 1U);
  EXPECT_EQ(limits.max_model_bytes, 2U);
  EXPECT_EQ(limits.max_total_model_bytes, 3U);
  EXPECT_EQ(limits.max_tensor_bytes, 4U);
  EXPECT_EQ(limits.max_total_tensor_bytes, 5U);
  EXPECT_EQ(limits.max_loads, 6U);
  EXPECT_EQ(limits.max_inferences, 7U);
  EXPECT_EQ(limits.max_queued_inferences, 8U);
  EXPECT_EQ(limits.load_timeout, std::chrono::nanoseconds(9));
  EXPECT_EQ(limits.inference_timeout, std::chrono::nanoseconds(10));
  EXPECT_EQ(limits.max_worker_memory_bytes, 11U);
  EXPECT_EQ(limits.max_workers, 12U);
}

TEST(ConfigLimits, EachHostLimitIsUnderItsName) {
  const HostLimits limits = Parse("[host.limits]\n" + WithAll("[host.limits]")).limits;
  ExpectCountedUp(limits);
  EXPECT_EQ(limits.max_cache_bytes, 13U);
}

TEST(ConfigLimits, EachTenantLimitIsUnderItsName) {
  ExpectCountedUp(
      Parse("[tenants.a.limits]\n" + WithAll("[tenants.NAME.limits]")).tenants[0].options.limits);
}

TEST(ConfigLimits, EachInstanceLimitIsUnderItsName) {
  const InstanceLimits limits =
      Parse("[tenants.a.instance_limits]\n" + WithAll("[tenants.NAME.instance_limits]"))
          .tenants[0]
          .options.instance_limits;
  EXPECT_EQ(limits.max_graphs, 1U);
  EXPECT_EQ(limits.max_contexts, 2U);
  EXPECT_EQ(limits.max_tensors, 3U);
  EXPECT_EQ(limits.max_models, 4U);
  EXPECT_EQ(limits.max_model_bytes, 5U);
  EXPECT_EQ(limits.max_total_model_bytes, 6U);
  EXPECT_EQ(limits.max_tensor_bytes, 7U);
  EXPECT_EQ(limits.max_total_tensor_bytes, 8U);
  EXPECT_EQ(limits.max_config_bytes, 9U);
  EXPECT_EQ(limits.max_name_bytes, 10U);
  EXPECT_EQ(limits.load_timeout, std::chrono::nanoseconds(11));
  EXPECT_EQ(limits.inference_timeout, std::chrono::nanoseconds(12));
  EXPECT_EQ(limits.max_guest_memory_bytes, 13U);
  EXPECT_EQ(limits.guest_timeout, std::chrono::nanoseconds(14));
}

}  // namespace
}  // namespace namesake
