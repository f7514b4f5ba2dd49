// SPDX-License-Identifier: Apache-2.0
export { FormData, formDataEntries, isFormData } from "./form_data.ts";
export { parseMultipart, parseUrlEncodedForm, writeMultipart } from "./multipart.ts";
