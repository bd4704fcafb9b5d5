#include "namesake/capabilities.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace namesake {
namespace {

TEST(Capabilities, HaveNames) {
  EXPECT_EQ(CapabilityName(Capability::kDynamicShapes), "dynamic shapes");
  EXPECT_EQ(CapabilityName(Capability::kState), "state");
  EXPECT_EQ(CapabilityName(Capability::kCompiledForms), "compiled forms");
  std::set<std::string_view> names;
  for (int i = 0; i < kCapabilityCount; ++i) {
    names.insert(CapabilityName(static_cast<Capability>(i)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kCapabilityCount));
  EXPECT_FALSE(names.contains(""));
}

TEST(Capabilities, AreNoneUnlessDeclared) {
  EXPECT_FALSE(Capabilities().Has(ElementType::kF32));
  EXPECT_FALSE(Capabilities().Has(Capability::kScalars));
  const Capabilities some{.types = {ElementType::kF32}, .features = {Capability::kScalars}};
  EXPECT_TRUE(some.Has(ElementType::kF32));
  EXPECT_FALSE(some.Has(ElementType::kF64));
  EXPECT_TRUE(some.Has(Capability::kScalars));
  EXPECT_FALSE(some.Has(Capability::kState));
}

}  // namespace
}  // namespace namesake
