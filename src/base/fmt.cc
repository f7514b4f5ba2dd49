// SPDX-License-Identifier: Apache-2.0
//
// The one place that compiles {fmt}. Debian has it as headers and as a shared library, which a cell could not open inside
// of its sandbox; included header-only by every file it was a third of the whole build.
#include <fmt/format-inl.h>

template void fmt::detail::vformat_to<char>(buffer<char>&, basic_string_view<char>,
                                            basic_format_args<buffer_context<char>>, locale_ref);
template auto fmt::detail::thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto fmt::detail::decimal_point_impl<char>(locale_ref) -> char;
template auto fmt::detail::dragonbox::to_decimal<float>(float) noexcept -> dragonbox::decimal_fp<float>;
template auto fmt::detail::dragonbox::to_decimal<double>(double) noexcept -> dragonbox::decimal_fp<double>;
template auto fmt::detail::locale_ref::get<std::locale>() const -> std::locale;
template void fmt::detail::buffer<char>::append<char>(const char*, const char*);
