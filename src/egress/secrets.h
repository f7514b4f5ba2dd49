// SPDX-License-Identifier: Apache-2.0
// Secrets that a worker may use and never sees. Its code has a placeholder; where a request's header holds one, the
// supervisor puts the value in its place if the request goes where that secret may go, and refuses the request if not.
//
// Only headers are looked at. A placeholder in a body goes out as it is, and is worth nothing to whoever gets it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "egress/pattern.h"

namespace mayfly::egress {

inline constexpr size_t kSecretsMax = 64;  // of one worker
inline constexpr size_t kSecretBytesMax = 8 * 1024;

struct SecretText {
  std::string name;
  std::string placeholder;
  std::string value;
  std::vector<std::string> hosts;
};

struct Secret {
  std::string name;
  std::string placeholder;
  std::string value;
  std::vector<Pattern> hosts;
};
using Secrets = std::vector<Secret>;

// Fails with ErrorCode::invalid: `secrets.API_KEY.hosts[0]: ...`. Messages never hold a value.
Result<Secrets> parseSecrets(std::vector<SecretText> texts, std::string_view where = "secrets");
// What cannot be a secret: the reason, or empty.
std::string wrongWithSecret(const SecretText& text);

// Unguessable, and different each time.
std::string makePlaceholder();

// `layers`: those of the code first, then those of its loader, so that the value of a secret may itself be one of the
// loader's placeholders: it then goes where both allow. Fails with ErrorCode::denied.
using SecretLayers = std::vector<std::shared_ptr<const Secrets>>;
Result<std::string> putSecretsIn(const SecretLayers& layers, const Destination& destination,
                                 std::string_view headerName, std::string headerValue);
// The name of a secret whose placeholder is in `text`; empty if there is none.
std::string_view findPlaceholder(const SecretLayers& layers, std::string_view text);

}  // namespace mayfly::egress
