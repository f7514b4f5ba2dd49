// SPDX-License-Identifier: Apache-2.0
// The fields of each structure are listed once, in fields(); Encoder and Decoder walk that list. Lists stand behind a
// u32 count, optional structures behind a flag.
#include "protocol/cell_messages.h"

#include <fmt/format.h>

#include <concepts>
#include <type_traits>

#include "protocol/codec.h"

namespace mayfly::protocol {
namespace {

template <typename T, typename Structure>
concept Is = std::same_as<std::remove_const_t<T>, Structure>;

void fields(auto& a, Is<ModuleSource> auto& f) { a(f.name, f.kind, f.body); }
void fields(auto& a, Is<LoaderSpec> auto& f) { a(f.binding, f.id); }
void fields(auto& a, Is<ServiceSpec> auto& f) { a(f.binding, f.service, f.entrypoint, f.propsJson); }
void fields(auto& a, Is<VariableSpec> auto& f) { a(f.name, f.json); }
void fields(auto& a, Is<MissingBindingSpec> auto& f) { a(f.binding, f.kind); }
void fields(auto& a, Is<Limits> auto& f) {
  for (auto& value : f.values()) a(value);
}
void fields(auto& a, Is<WorkerSpec> auto& f) {
  a(f.name, f.compatibilityDate, f.compatibilityFlags, f.mainModule, f.modules, f.sourceMap, f.variables, f.loaders,
    f.services, f.missingBindings, f.globalOutbound, f.network, f.limits, f.dynamicLimits, f.isolation, f.inFlightMax,
    f.inFlightWaits, f.dynamicSpread, f.dynamicKeptMax);
}
void fields(auto& a, Is<Configure> auto& f) {
  a(f.generation, f.dev, f.exposeGc, f.logEvents, f.headerBytesMax, f.bodyBytesMax, f.headerTimeoutMs, f.bodyTimeoutMs,
    f.idleTimeoutMs, f.grantKey, f.workers);
}
void fields(auto& a, Is<Drain> auto& f) { a(f.deadlineMs); }
void fields(auto& a, Is<Hello> auto& f) { a(f.version, f.pid); }
void fields(auto& a, Is<Configured> auto& f) { a(f.generation, f.error); }
void fields(auto& a, Is<EventUsage> auto& f) {
  a(f.outcome, f.cpuMs, f.wallMs, f.memoryBytes, f.subRequests, f.bytesIn, f.bytesOut);
}
void fields(auto& a, Is<Log> auto& f) { a(f.kind, f.level, f.worker, f.timeMs, f.text, f.event); }
void fields(auto&, Is<Drained> auto&) {}
void fields(auto& a, Is<CellWanted> auto& f) { a(f.cell, f.tenant, f.account); }
void fields(auto& a, Is<CellDropped> auto& f) { a(f.cell, f.why); }
void fields(auto& a, Is<CellGone> auto& f) { a(f.cell, f.how); }
void fields(auto& a, Is<Load> auto& f) {
  a(f.worker, f.kept, f.spread, f.name, f.compatibilityDate, f.compatibilityFlags, f.outbound, f.egressGrant,
    f.mainModule, f.modules, f.limits, f.logEvents);
}
void fields(auto& a, Is<Unkeep> auto& f) { a(f.worker, f.evict); }
void fields(auto& a, Is<WorkerGone> auto& f) { a(f.worker, f.condemned, f.ended); }
void fields(auto& a, Is<Leaving> auto& f) { a(f.reason, f.worker); }
void fields(auto& a, Is<CellGrown> auto& f) { a(f.cell, f.bytes); }

constexpr uint8_t lastOf(ModuleKind) { return static_cast<uint8_t>(ModuleKind::wasm); }
constexpr uint8_t lastOf(Isolation) { return static_cast<uint8_t>(Isolation::worker); }
constexpr uint8_t lastOf(Outbound) { return static_cast<uint8_t>(Outbound::capability); }
constexpr uint8_t lastOf(LogKind) { return static_cast<uint8_t>(LogKind::event); }
constexpr uint8_t lastOf(LogLevel) { return static_cast<uint8_t>(LogLevel::error); }

class Encoder {
 public:
  void operator()(const auto&... values) { (put(values), ...); }
  Writer out;

 private:
  void put(bool value) { out.flag(value); }
  void put(uint32_t value) { out.u32(value); }
  void put(uint64_t value) { out.u64(value); }
  void put(double value) { out.f64(value); }
  void put(const std::string& value) { out.text(value); }
  template <typename T>
  void put(const std::vector<T>& list) {
    out.u32(static_cast<uint32_t>(list.size()));
    for (const T& value : list) put(value);
  }
  template <typename T>
  void put(const std::optional<T>& value) {
    out.flag(value.has_value());
    if (value) put(*value);
  }
  template <typename T>
  void put(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      out.u8(static_cast<uint8_t>(value));
    } else {
      fields(*this, value);
    }
  }
};

class Decoder {
 public:
  explicit Decoder(std::span<const uint8_t> frame) : in(frame) {}
  void operator()(auto&... values) { (get(values), ...); }
  bool finished() const { return good_ && in.finished(); }
  Reader in;

 private:
  void get(bool& value) { value = in.flag(); }
  void get(uint32_t& value) { value = in.u32(); }
  void get(uint64_t& value) { value = in.u64(); }
  void get(double& value) { value = in.f64(); }
  void get(std::string& value) { value = in.text(); }
  template <typename T>
  void get(std::vector<T>& list) {
    // Grows with what is really there, not with what the count claims.
    for (uint32_t left = in.u32(); left > 0 && in.ok(); --left) get(list.emplace_back());
  }
  template <typename T>
  void get(std::optional<T>& value) {
    if (in.flag()) get(value.emplace());
  }
  template <typename T>
  void get(T& value) {
    if constexpr (std::is_enum_v<T>) {
      uint8_t number = in.u8();
      if (number > lastOf(value)) good_ = false;
      value = static_cast<T>(number);
    } else {
      fields(*this, value);
    }
  }

  bool good_ = true;
};

template <typename T, typename... Types>
constexpr bool kIsOneOf = (std::same_as<T, Types> || ...);
template <typename T>
constexpr bool kIsToCells = kIsOneOf<T, Configure, Drain, CellGone, Load, Unkeep, CellGrown>;

// The type byte is the alternative's place in CellMessage, from 1.
template <size_t place = 0>
Result<CellMessage> decodeAs(uint8_t type, Decoder& in, bool fromCell) {
  if constexpr (place == std::variant_size_v<CellMessage>) {
    return fail(ErrorCode::corrupt, fmt::format("control message type {} does not exist", type));
  } else {
    if (type != place + 1) return decodeAs<place + 1>(type, in, fromCell);
    if (fromCell && kIsToCells<std::variant_alternative_t<place, CellMessage>>) {
      return fail(ErrorCode::corrupt, fmt::format("control message type {} is not a cell's to send", type));
    }
    CellMessage message(std::in_place_index<place>);
    fields(in, std::get<place>(message));
    if (!in.finished()) return fail(ErrorCode::corrupt, fmt::format("control message of type {} is malformed", type));
    return message;
  }
}

}  // namespace

Bytes encode(const CellMessage& message) {
  Encoder encoder;
  encoder.out.u8(static_cast<uint8_t>(message.index() + 1));
  std::visit([&](const auto& fieldsOf) { fields(encoder, fieldsOf); }, message);
  return encoder.out.take();
}

namespace {

Result<CellMessage> decode(std::span<const uint8_t> frame, bool fromCell) {
  Decoder decoder(frame);
  uint8_t type = decoder.in.u8();
  return decodeAs(type, decoder, fromCell);
}

}  // namespace

Result<CellMessage> decode(std::span<const uint8_t> frame) { return decode(frame, false); }
Result<CellMessage> decodeFromCell(std::span<const uint8_t> frame) { return decode(frame, true); }

}  // namespace mayfly::protocol
