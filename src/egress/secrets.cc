// SPDX-License-Identifier: Apache-2.0
#include "egress/secrets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mayfly::egress {
namespace {

constexpr std::string_view kPlaceholderPrefix = "mayfly-secret-";
constexpr size_t kPlaceholderBytes = 20;
constexpr std::string_view kBasic = "basic ";

std::vector<std::string_view> textsOf(const std::vector<Pattern>& patterns) {
  std::vector<std::string_view> texts;
  for (const Pattern& pattern : patterns) texts.push_back(pattern.text());
  return texts;
}

Result<void> putIn(const Secrets& secrets, const Destination& destination, std::string& text) {
  for (const Secret& secret : secrets) {
    for (size_t at = text.find(secret.placeholder); at != text.npos; at = text.find(secret.placeholder, at)) {
      if (std::ranges::none_of(secret.hosts, [&](const Pattern& host) { return host.names(destination); })) {
        return fail(ErrorCode::denied, fmt::format("the secret \"{}\" may go to {} only", secret.name,
                                                   fmt::join(textsOf(secret.hosts), ", ")));
      }
      text.replace(at, secret.placeholder.size(), secret.value);
      at += secret.value.size();
    }
  }
  return {};
}

std::string decodeBase64(std::string_view text) {
  std::string decoded(text.size() / 4 * 3, '\0');
  int size = EVP_DecodeBlock(reinterpret_cast<uint8_t*>(decoded.data()), reinterpret_cast<const uint8_t*>(text.data()),
                             static_cast<int>(text.size()));
  if (size < 0) return {};
  for (; size > 0 && text.ends_with('='); text.remove_suffix(1)) --size;
  decoded.resize(static_cast<size_t>(size));
  return decoded;
}

std::string encodeBase64(std::string_view bytes) {
  std::string encoded((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock() ends with a NUL
  EVP_EncodeBlock(reinterpret_cast<uint8_t*>(encoded.data()), reinterpret_cast<const uint8_t*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  encoded.pop_back();
  return encoded;
}

bool startsWithBasic(std::string_view value) {
  return value.size() > kBasic.size() && std::ranges::equal(kBasic, value.substr(0, kBasic.size()), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b);
         });
}

}  // namespace

std::string wrongWithSecret(const SecretText& text) {
  if (text.value.empty()) return "has an empty value";
  if (text.value.size() > kSecretBytesMax) return fmt::format("has a value of more than {} bytes", kSecretBytesMax);
  if (std::ranges::any_of(text.value, [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; })) {
    return "has a value with control characters (a line end?), which no header can hold";
  }
  if (text.hosts.empty()) return "needs \"hosts\", where it may be sent: [\"api.example.com\"]";
  if (text.hosts.size() > kSecretsMax) return fmt::format("has more than {} hosts", kSecretsMax);
  return {};
}

Result<Secrets> parseSecrets(std::vector<SecretText> texts, std::string_view where) {
  if (texts.size() > kSecretsMax) {
    return fail(ErrorCode::invalid, fmt::format("\"{}\" has more than {} entries", where, kSecretsMax));
  }
  Secrets secrets;
  for (SecretText& text : texts) {
    if (auto wrong = wrongWithSecret(text); !wrong.empty()) {
      return fail(ErrorCode::invalid, fmt::format("{}.{} {}", where, text.name, wrong));
    }
    Secret secret{std::move(text.name), std::move(text.placeholder), std::move(text.value), {}};
    for (size_t i = 0; i < text.hosts.size(); ++i) {
      auto host = Pattern::parse(text.hosts[i]);
      std::string why = !host               ? host.error().message
                        : host->isAnyHost() ? "\"*\" would send it to everybody; name the hosts that may have it"
                                            : "";
      if (!why.empty()) {
        return fail(ErrorCode::invalid, fmt::format("{}.{}.hosts[{}]: {}", where, secret.name, i, why));
      }
      secret.hosts.push_back(std::move(*host));
    }
    secrets.push_back(std::move(secret));
  }
  return secrets;
}

std::string makePlaceholder() {
  std::array<uint8_t, kPlaceholderBytes> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) throw std::runtime_error("the system's random numbers failed");
  std::string text(kPlaceholderPrefix);
  for (uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

Result<std::string> putSecretsIn(const SecretLayers& layers, const Destination& destination,
                                 std::string_view headerName, std::string headerValue) {
  // The value of Basic is base64, where a placeholder would not be found.
  std::string inside;
  bool basic = headerName == "authorization" && startsWithBasic(headerValue);
  if (basic) inside = decodeBase64(std::string_view(headerValue).substr(kBasic.size()));
  basic = basic && inside.find(kPlaceholderPrefix) != inside.npos;
  std::string& text = basic ? inside : headerValue;
  if (text.find(kPlaceholderPrefix) == text.npos) return headerValue;
  for (const auto& secrets : layers) {
    if (auto put = putIn(*secrets, destination, text); !put) return std::unexpected(put.error());
  }
  return basic ? "Basic " + encodeBase64(inside) : headerValue;
}

std::string_view findPlaceholder(const SecretLayers& layers, std::string_view text) {
  if (text.find(kPlaceholderPrefix) == text.npos) return {};
  for (const auto& secrets : layers) {
    for (const Secret& secret : *secrets) {
      if (text.find(secret.placeholder) != text.npos) return secret.name;
    }
  }
  return {};
}

}  // namespace mayfly::egress
