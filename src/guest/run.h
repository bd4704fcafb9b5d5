// The implementation of the public class Guest.
#ifndef NAMESAKE_GUEST_RUN_H_
#define NAMESAKE_GUEST_RUN_H_

#include <memory>

#include "guest/instance.h"
#include "guest/program.h"
#include "namesake/configured_host.h"
#include "namesake/view.h"

namespace namesake::guest {

class Run {
 public:
  // Destroyed in reverse order: the instance first.
  std::shared_ptr<const Program> program;
  DirectoryUse directories;
  std::unique_ptr<View> own_view;  // Null if the caller owns the view.
  View* view = nullptr;            // `own_view`, or the caller's.
  std::unique_ptr<Instance> instance;
};

}  // namespace namesake::guest

#endif  // NAMESAKE_GUEST_RUN_H_
