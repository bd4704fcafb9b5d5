#include "cli/host_options.h"

#include <algorithm>
#include <utility>

#include "base/fail.h"
#include "base/text.h"
#include "cli/isolation_check.h"
#include "cli/model_option.h"
#include "cli/report.h"

namespace namesake::cli {
namespace {

using Problems = std::vector<ConfigProblem>;
using Done = std::expected<void, Problems>;

// Reports one problem, with an option as its place.
std::unexpected<Problems> Problem(std::string option, const Error& error) {
  Problems problems(1);
  problems[0].place.source = std::move(option);
  problems[0].message = error.detail();
  return std::unexpected(std::move(problems));
}

// Sets one limit from its own option, parsed as in the configuration.
template <typename Limits>
Done SetIfGiven(std::string_view option, std::string_view key,
                const std::optional<std::string>& text, Limits& limits) {
  if (!text) return {};
  const auto set = SetLimit(key, *text, limits);
  if (set) return {};
  return Problem(fmt::format("{} {}", option, base::Printable(*text)), set.error());
}

// Without a file there is one tenant, and the caller grants it all models.
ConfigResult ReadFile(const HostOptionTexts& texts) {
  if (texts.config) return ReadConfig(*texts.config, texts.overrides);
  return ParseConfig("", "");
}

Done ChooseBackend(const std::string& text, std::span<const Encoding> encodings, Config& config) {
  std::string option = "--nn-backend " + base::Printable(text);
  const auto separator = text.find('=');
  if (separator == std::string::npos || separator + 1 == text.size()) {
    return Problem(std::move(option),
                   Error(ErrorCode::kInvalidArgument, "expected ENCODING=BACKEND"));
  }
  const std::string word = text.substr(0, separator);
  const auto encoding = ParseEncoding(word);
  if (!encoding || *encoding == Encoding::kAutodetect) {
    return Problem(std::move(option),
                   Error(ErrorCode::kInvalidArgument,
                         fmt::format("\"{}\" is no encoding; expected {}", base::Printable(word),
                                     EncodingList(encodings))));
  }
  config.encoding_backends.insert_or_assign(*encoding, text.substr(separator + 1));
  config.places.insert_or_assign(fmt::format("encoding_backends.{}", EncodingName(*encoding)),
                                 ConfigPlace{.source = std::move(option)});
  return {};
}

Done ApplyHostOptions(const HostOptionTexts& texts, Config& config) {
  if (auto set = SetIfGiven("--nn-max-models", "max_models", texts.max_models, config.limits);
      !set) {
    return set;
  }
  if (texts.cache_dir) {
    config.cache_dir = *texts.cache_dir;
    config.places.erase("cache_dir");
  }
  if (texts.no_cache) config.cache_dir.reset();
  for (const std::string& text : texts.encoding_backends) {
    if (auto chosen = ChooseBackend(text, texts.encodings, config); !chosen) return chosen;
  }
  return {};
}

std::expected<std::vector<ConfiguredModel>, Problems> ParseModels(const HostOptionTexts& texts) {
  std::vector<ConfiguredModel> models;
  const auto add =
      [&](std::string_view name, const std::string& text,
          Result<NamedModel> (*parse)(std::string_view, std::span<const Encoding>)) -> Done {
    std::string option = fmt::format("{} {}", name, text);
    auto parsed = parse(text, texts.encodings);
    if (!parsed) return Problem(std::move(option), parsed.error());
    ConfiguredModel& model = models.emplace_back();
    model.name = std::move(parsed->name);
    model.model = std::move(parsed->model);
    model.place.source = std::move(option);
    return {};
  };
  for (const std::string& text : texts.preloads) {
    if (auto ok = add("--nn-preload", text, ParsePreload); !ok) return std::unexpected(ok.error());
  }
  for (const std::string& text : texts.graph_dirs) {
    if (auto ok = add("--nn-graph", text, ParseGraphDir); !ok) return std::unexpected(ok.error());
  }
  return models;
}

void AddModels(std::vector<ConfiguredModel> models, Policy& policy, Config& config) {
  for (const ConfiguredModel& model : models) {
    std::erase_if(config.models,
                  [&](const ConfiguredModel& other) { return other.name == model.name; });
    const auto grants_it = [&](const Grant& grant) {
      return grant.model == model.name && grant.visible_name() == model.name;
    };
    if (policy.host_models == HostModels::kAll || std::ranges::any_of(policy.grants, grants_it)) {
      continue;
    }
    policy.grants.push_back({.model = model.name});
  }
  // Two options with the same name are both kept, so that the host refuses them.
  std::ranges::move(models, std::back_inserter(config.models));
}

Done ApplyPolicy(const HostOptionTexts& texts, Policy& policy) {
  policy.guest_options.insert(texts.guest_options.begin(), texts.guest_options.end());
  if (!texts.guest_register) return {};
  const std::string text = base::ToLower(*texts.guest_register);
  if (text == "no") {
    policy.guest_register = GuestRegister::kNo;
  } else if (text == "instance") {
    policy.guest_register = GuestRegister::kInstance;
  } else if (text == "tenant") {
    policy.guest_register = GuestRegister::kTenant;
  } else {
    return Problem("--guest-register " + base::Printable(*texts.guest_register),
                   Error(ErrorCode::kInvalidArgument, "expected no, instance or tenant"));
  }
  return {};
}

// NAME=VALUE for a limit of the guest, host.NAME=VALUE for one of the host.
Result<void> ApplyLimit(std::string_view text, InstanceLimits& limits, HostLimits& host) {
  const auto separator = text.find('=');
  if (separator == std::string_view::npos) {
    return base::Fail(ErrorCode::kInvalidArgument, "expected NAME=VALUE");
  }
  constexpr std::string_view kHost = "host.";
  const std::string_view name = text.substr(0, separator);
  const std::string_view value = text.substr(separator + 1);
  if (name.starts_with(kHost)) return SetLimit(name.substr(kHost.size()), value, host);
  return SetLimit(name, value, limits);
}

Done ApplyLimits(const HostOptionTexts& texts, InstanceLimits& limits, HostLimits& host) {
  for (const std::string& text : texts.limits) {
    const auto set = ApplyLimit(text, limits, host);
    if (!set) return Problem("--limit " + base::Printable(text), set.error());
  }
  if (auto set = SetIfGiven("--max-guest-memory", "max_guest_memory_bytes", texts.max_guest_memory,
                            limits);
      !set) {
    return set;
  }
  return SetIfGiven("--guest-timeout", "guest_timeout", texts.guest_timeout, limits);
}

Done ApplyOptions(const HostOptionTexts& texts, TenantOptions& tenant, Config& config) {
  if (auto done = ApplyHostOptions(texts, config); !done) return done;
  auto models = ParseModels(texts);
  if (!models) return std::unexpected(std::move(models).error());
  AddModels(*std::move(models), tenant.policy, config);
  if (auto done = ApplyPolicy(texts, tenant.policy); !done) return done;
  return ApplyLimits(texts, tenant.instance_limits, config.limits);
}

void AddConfigOptions(CLI::App& command, HostOptionTexts& texts) {
  auto* const config =
      command
          .add_option("--config", texts.config,
                      "Read the host, its models and its tenants from this TOML file; options here "
                      "take precedence. On SIGHUP the file is read again, and models that changed "
                      "are exchanged while the guest runs")
          ->type_name("FILE");
  command
      .add_option("--tenant", texts.tenant,
                  "Run the guest as this tenant of the configuration; required if it has several")
      ->type_name("NAME")
      ->needs(config);
  AddSetOption(command, texts.overrides)->needs(config);
}

void AddModelOptions(CLI::App& command, HostOptionTexts& texts) {
  command
      .add_option(
          "--nn-preload", texts.preloads,
          fmt::format(
              "Load a model under NAME; may be repeated. ENCODING is {}; by default it is "
              "detected from the content, as with autodetect. TARGET is cpu (the default), "
              "gpu, tpu or auto. Case does not matter in either. OpenVINO takes XML:BIN, or XML "
              "with the BIN beside it; TensorFlow takes a SavedModel directory or a frozen file. "
              "Write a colon in a path as \\:",
              EncodingList(texts.encodings)))
      ->type_name("NAME[:ENCODING[:TARGET]]:PATH[:PATH...]")
      ->allow_extra_args(false);
  command
      .add_option("--nn-graph", texts.graph_dirs,
                  "Load the model in DIR under DIR's base name; may be repeated. DIR holds "
                  "model.xml and model.bin, model.onnx, model.tflite or model.pb")
      ->type_name("ENCODING::DIR")
      ->allow_extra_args(false);
  command
      .add_option(
          "--nn-backend", texts.encoding_backends,
          "Run the models of an encoding with this backend, such as onnx=openvino, unless a "
          "model names another or has options of another; may be repeated. To list them, "
          "run namesake backends")
      ->type_name("ENCODING=BACKEND")
      ->allow_extra_args(false);
  command
      .add_option(
          "--nn-max-models", texts.max_models,
          "Allow at most N models, the operator's and the guest's together (default: no limit)")
      ->type_name("N");
  auto* const cache_dir =
      command
          .add_option("--cache-dir", texts.cache_dir,
                      "Cache compiled models and guests in DIR (default: $XDG_CACHE_HOME/namesake)")
          ->type_name("DIR");
  command.add_flag("--no-cache", texts.no_cache, "Do not read or write the cache")
      ->excludes(cache_dir);
}

void AddGuestOptions(CLI::App& command, HostOptionTexts& texts) {
  command
      .add_option("--guest-register", texts.guest_register,
                  "Let the guest register models of its own: no (the default), instance (only this "
                  "guest sees them) or tenant (all guests of the tenant see them)")
      ->type_name("WHERE");
  command
      .add_option("--guest-option", texts.guest_options,
                  "Let the guest set this backend option when it looks up a model; may be repeated")
      ->type_name("KEY")
      ->allow_extra_args(false);
  command
      .add_option(
          "--limit", texts.limits,
          "Set one of the guest's limits, such as max_contexts=8 or inference_timeout=250ms, or "
          "one of the host's, such as host.max_cache_bytes=2GiB; may be repeated. To list them, "
          "run namesake settings instance_limits or namesake settings host.limits")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command
      .add_option("--guest-timeout", texts.guest_timeout,
                  "Stop the guest after this long, such as 250ms, 30s or 5min")
      ->type_name("DURATION");
  command
      .add_option(
          "--max-guest-memory", texts.max_guest_memory,
          "Limit the guest's linear memories to SIZE in total, such as 512MiB or 2GiB; a guest "
          "with a shared memory is refused")
      ->type_name("SIZE");
}

}  // namespace

void AddConfigFile(CLI::App& command, std::filesystem::path& file) {
  command.add_option("FILE,--config", file, "The configuration; --config FILE is the same")
      ->type_name("FILE")
      ->required();
}

CLI::Option* AddSetOption(CLI::App& command, std::vector<std::string>& overrides) {
  return command
      .add_option(
          "--set", overrides,
          "Override a value of the configuration, such as tenants.acme.limits.max_models=3; may "
          "be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void AddHostOptions(CLI::App& command, HostOptionTexts& texts) {
  AddConfigOptions(command, texts);
  AddModelOptions(command, texts);
  AddGuestOptions(command, texts);
}

std::expected<ChosenConfig, Problems> ChooseConfig(const HostOptionTexts& texts) {
  auto config = ReadFile(texts);
  if (!config) return std::unexpected(std::move(config).error());
  return ChooseConfig(texts, *std::move(config));
}

std::expected<ChosenConfig, Problems> ChooseConfig(const HostOptionTexts& texts, Config config) {
  if (auto problems = CheckIsolation(config); !problems.empty()) {
    return std::unexpected(std::move(problems));
  }
  const auto found = FindTenant(config, texts.tenant);
  if (!found) {
    return Problem(texts.tenant ? "--tenant" : texts.config->string(), found.error());
  }
  TenantOptions& tenant =
      config.tenants[static_cast<std::size_t>(*found - config.tenants.data())].options;
  if (auto done = ApplyOptions(texts, tenant, config); !done) {
    return std::unexpected(std::move(done).error());
  }
  std::string name = tenant.name;
  return ChosenConfig{.config = std::move(config), .tenant = std::move(name)};
}

int ReportProblems(int exit_code, std::span<const ConfigProblem> problems) {
  for (const ConfigProblem& problem : problems) {
    Report(exit_code, "{}", ConfigProblemText(problem));
  }
  return exit_code;
}

}  // namespace namesake::cli
