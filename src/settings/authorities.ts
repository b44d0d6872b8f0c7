// PHOENIX_CA_FILE: CA certificates in PEM, with other text between them. Only the format is checked here; whether a certificate is usable is checked
// on use.

import type { Authority } from '../model/authority.ts';
import type { Value } from './values.ts';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';
const COPY = `copy each certificate from ${BEGIN} to ${END}`;

export function authorities(text: string): Value<readonly Authority[]> {
  const found: Authority[] = [];
  let open: { readonly line: number; readonly rows: string[] } | null = null;
  for (const [index, written] of text.split('\n').entries()) {
    const row = written.trim();
    const line = index + 1;
    if (/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(row)) {
      const hint = 'take it out: only certificates of authorities belong here';
      return { wrong: `holds a private key at line ${line}`, hint };
    }
    if (row === BEGIN) {
      if (open !== null) return { wrong: `has a certificate at line ${open.line} without an end`, hint: COPY };
      open = { line, rows: [] };
    } else if (row === END) {
      if (open === null)
        return { wrong: `has the end of a certificate at line ${line} without a beginning`, hint: COPY };
      if (open.rows.length === 0) return { wrong: `has an empty certificate at line ${open.line}`, hint: COPY };
      found.push({ pem: [BEGIN, ...open.rows, END, ''].join('\n'), line: open.line });
      open = null;
    } else if (open !== null) {
      if (!/^[A-Za-z0-9+/]+=*$/.test(row)) return { wrong: `has at line ${line} no part of a certificate`, hint: COPY };
      open.rows.push(row);
    }
  }
  if (open !== null) return { wrong: `has a certificate at line ${open.line} without an end`, hint: COPY };
  if (found.length > 0) return { value: found };
  return { wrong: 'holds no certificate', hint: COPY };
}
