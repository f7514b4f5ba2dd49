// SPDX-License-Identifier: Apache-2.0
#include "supervisor/tls_client.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace mayfly::supervisor {
namespace {

std::string lastError(std::string_view otherwise) {
  unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? std::string(otherwise) : std::string(reason);
}

}  // namespace

Result<SSL_CTX*> TlsClient::Trust::context() {
  if (context_) return context_.get();
  std::unique_ptr<SSL_CTX, Free> made(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(made.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(made.get(), SSL_MODE_RELEASE_BUFFERS);
  ERR_clear_error();
  int loaded = caFile_.empty() ? SSL_CTX_set_default_verify_paths(made.get())
                               : SSL_CTX_load_verify_file(made.get(), caFile_.c_str());
  if (loaded != 1) {
    return fail(ErrorCode::internal, "the trusted certificates cannot be read: " + lastError("no reason is known"));
  }
  context_ = std::move(made);
  return context_.get();
}

TlsClient::TlsClient(SSL* ssl) : ssl_(ssl), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
  // Empty is not the end, before it is said so.
  BIO_set_mem_eof_return(in_, -1);
  SSL_set_bio(ssl, in_, out_);
  SSL_set_connect_state(ssl);
}

Result<std::unique_ptr<TlsClient>> TlsClient::make(Trust& trust, const std::string& host, bool hostIsAddress,
                                                   Protocol protocol) {
  auto context = trust.context();
  if (!context) return std::unexpected(context.error());
  std::unique_ptr<TlsClient> client(new TlsClient(SSL_new(*context)));
  SSL* ssl = client->ssl_.get();
  int set = hostIsAddress ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str())
                          : SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  if (set != 1) return fail(ErrorCode::invalid, "the host \"" + host + "\" cannot be that of a certificate");
  constexpr uint8_t kHttp11[] = "\x08http/1.1";
  if (protocol == Protocol::http11) SSL_set_alpn_protos(ssl, kHttp11, sizeof kHttp11 - 1);
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return client;
}

void TlsClient::received(std::span<const uint8_t> bytes) {
  BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
}

void TlsClient::receivedEnd() { BIO_set_mem_eof_return(in_, 0); }

Result<bool> TlsClient::handshake() {
  ERR_clear_error();
  int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return true;
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return false;
  long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) {
    ERR_clear_error();
    return fail(ErrorCode::denied,
                std::string("the server's certificate is refused: ") + X509_verify_cert_error_string(verified));
  }
  return fail(ErrorCode::unavailable, "TLS: " + lastError("the connection was closed during the handshake"));
}

Result<size_t> TlsClient::read(std::span<uint8_t> to) {
  ERR_clear_error();
  size_t size = 0;
  int result = SSL_read_ex(ssl_.get(), to.data(), to.size(), &size);
  if (result == 1) return size;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return 0;
    case SSL_ERROR_ZERO_RETURN: atEnd_ = true; return 0;
    default: return fail(ErrorCode::unavailable, "TLS: " + lastError("the connection was closed without an end"));
  }
}

Result<void> TlsClient::write(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return {};
  ERR_clear_error();
  size_t size = 0;
  if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size) == 1) return {};
  return fail(ErrorCode::unavailable, "TLS: " + lastError("nothing can be written any more"));
}

void TlsClient::closeWrite() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void TlsClient::takeOutput(std::string& out) {
  char* data = nullptr;
  long size = BIO_get_mem_data(out_, &data);
  if (size <= 0) return;
  out.append(data, static_cast<size_t>(size));
  BIO_reset(out_);
}

}  // namespace mayfly::supervisor
