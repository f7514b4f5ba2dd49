// SPDX-License-Identifier: Apache-2.0
#include "config/keys.h"

namespace mayfly::config {
namespace {

using enum KeyUse;
using enum KeyScope;

constexpr Key kKeys[] = {
    {"name", supported, inherited},
    {"main", supported, inherited},
    {"compatibility_date", supported, inherited},
    {"compatibility_flags", supported, inherited},
    {"vars", supported, notInherited},
    {"worker_loaders", supported, notInherited},
    {"services", supported, notInherited},
    {"secrets", supported, notInherited},
    {"assets", supported, inherited},
    {"version_metadata", supported, inherited},
    {"rules", supported, inherited},
    {"define", supported, notInherited},
    {"alias", supported, topLevel},
    {"tsconfig", supported, inherited},
    {"jsx_factory", supported, inherited},
    {"jsx_fragment", supported, inherited},
    {"minify", supported, inherited},
    {"keep_names", supported, inherited},
    {"no_bundle", supported, inherited},
    {"find_additional_modules", supported, inherited},
    {"base_dir", supported, inherited},
    {"preserve_file_names", supported, inherited},
    {"limits", supported, inherited},
    {"env", supported, topLevel},
    {"mayfly", supported, inherited},

    {"$schema", deployment, topLevel},
    {"account_id", deployment, inherited},
    {"workers_dev", deployment, inherited},
    {"preview_urls", deployment, inherited},
    {"routes", deployment, inherited},
    {"route", deployment, inherited},
    {"zone_id", deployment, inherited},
    {"placement", deployment, inherited},
    {"observability", deployment, inherited},
    {"logpush", deployment, inherited},
    {"upload_source_maps", deployment, inherited},
    {"compliance_region", deployment, inherited},
    {"first_party_worker", deployment, inherited},
    {"usage_model", deployment, inherited},
    {"previews", deployment, inherited},
    {"migrations", deployment, inherited},
    {"keep_vars", deployment, topLevel},
    {"legacy_env", deployment, topLevel},
    {"send_metrics", deployment, topLevel},
    {"dev", deployment, topLevel},

    {"build", ineffective, inherited, "the build command is not run: run it before Mayfly starts"},
    {"triggers", ineffective, inherited, "nothing is scheduled yet: scheduled() is never called"},
    {"tail_consumers", ineffective, notInherited, "there are no tail workers yet: nothing is sent to them"},
    {"streaming_tail_consumers", ineffective, notInherited, "there are no tail workers yet: nothing is sent to them"},
    {"python_modules", ineffective, inherited, "Mayfly runs no Python"},

    {"site", refused, topLevel, "Workers Sites"},
    {"containers", refused, notInherited, "containers"},
    {"cloudchamber", refused, notInherited, "containers"},
    {"pages_build_output_dir", refused, topLevel, "Pages projects"},

    {"kv_namespaces", listBinding, notInherited, "binding", "KV"},
    {"r2_buckets", listBinding, notInherited, "binding", "R2"},
    {"d1_databases", listBinding, notInherited, "binding", "D1"},
    {"vectorize", listBinding, notInherited, "binding", "Vectorize"},
    {"hyperdrive", listBinding, notInherited, "binding", "Hyperdrive"},
    {"workflows", listBinding, notInherited, "binding", "Workflows"},
    {"analytics_engine_datasets", listBinding, notInherited, "binding", "Analytics Engine"},
    {"mtls_certificates", listBinding, notInherited, "binding", "mTLS certificates"},
    {"dispatch_namespaces", listBinding, notInherited, "binding", "dispatch namespaces"},
    {"pipelines", listBinding, notInherited, "binding", "Pipelines"},
    {"secrets_store_secrets", listBinding, notInherited, "binding", "Secrets Store"},
    {"ai_search", listBinding, notInherited, "binding", "AI Search"},
    {"ai_search_namespaces", listBinding, notInherited, "binding", "AI Search"},
    {"artifacts", listBinding, notInherited, "binding", "Artifacts"},
    {"flagship", listBinding, notInherited, "binding", "Flagship"},
    {"vpc_services", listBinding, notInherited, "binding", "VPC services"},
    {"vpc_networks", listBinding, notInherited, "binding", "VPC networks"},
    {"unsafe_hello_world", listBinding, notInherited, "binding", "unsafe bindings"},
    {"send_email", listBinding, notInherited, "name", "email"},
    {"ratelimits", listBinding, notInherited, "name", "rate limiting binding"},
    {"durable_objects", nestedBinding, notInherited, "bindings.name", "Durable Objects"},
    {"queues", nestedBinding, notInherited, "producers.binding", "queues"},
    {"logfwdr", nestedBinding, inherited, "bindings.name", "logfwdr"},
    {"unsafe", nestedBinding, notInherited, "bindings.name", "unsafe bindings"},
    {"ai", objectBinding, notInherited, "", "Workers AI"},
    {"browser", objectBinding, notInherited, "", "browser rendering"},
    {"images", objectBinding, notInherited, "", "Images"},
    {"media", objectBinding, notInherited, "", "Media"},
    {"stream", objectBinding, notInherited, "", "Stream"},
    {"wasm_modules", mapBinding, topLevel, "", "wasm bindings (import the file instead)"},
    {"text_blobs", mapBinding, topLevel, "", "text bindings (import the file instead)"},
    {"data_blobs", mapBinding, topLevel, "", "data bindings (import the file instead)"},
};

}  // namespace

std::span<const Key> wranglerKeys() { return kKeys; }

const Key* findKey(std::string_view name) {
  for (const Key& key : kKeys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

}  // namespace mayfly::config
