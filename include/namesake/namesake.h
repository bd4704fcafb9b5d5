// All of the library: models by name, tenants and limits (host.h), a host as a file describes it
// (configured_host.h), and guests (guest.h).
//
// Backends have headers of their own, such as namesake/openvino.h, and so has linking a view into a
// Wasmtime engine of yours: namesake/wasmtime.h.
#ifndef NAMESAKE_NAMESAKE_H_
#define NAMESAKE_NAMESAKE_H_

// IWYU pragma: begin_exports
#include "namesake/account.h"
#include "namesake/backend.h"
#include "namesake/capabilities.h"
#include "namesake/compiled_cache.h"
#include "namesake/config.h"
#include "namesake/configured_host.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/guest.h"
#include "namesake/guest_directory.h"
#include "namesake/host.h"
#include "namesake/isolation.h"
#include "namesake/limits.h"
#include "namesake/log.h"
#include "namesake/model.h"
#include "namesake/model_layout.h"
#include "namesake/owner.h"
#include "namesake/placement.h"
#include "namesake/places.h"
#include "namesake/registry.h"
#include "namesake/tenant.h"
#include "namesake/tensor.h"
#include "namesake/version.h"
#include "namesake/view.h"
#include "namesake/worker.h"
#include "namesake/worker_status.h"
// IWYU pragma: end_exports

#endif  // NAMESAKE_NAMESAKE_H_
