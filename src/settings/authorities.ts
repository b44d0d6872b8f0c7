// PHOENIX_CA_FILE: CA certificates in PEM, with other text between them. Only the format is checked here; whether a certificate is usable is checked
// on use.

import type { Authority } from '../model/authority.ts';
import type { Value } from './values.ts';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';
const COPY = `copy each certificate from ${BEGIN} to ${END}`;

export function authorities(text: string): Value<readonly Authority[]> {
  const found: Authority[] = [];
  let open: OpenCertificate | null = null;
  for (const [index, written] of text.split('\n').entries()) {
    const line = index + 1;
    const read = readRow(written.trim(), line, open);
    if ('wrong' in read) return read;
    if (read.complete !== undefined) found.push(read.complete);
    open = read.open;
  }
  if (open !== null) return unended(open);
  if (found.length > 0) return { value: found };
  return { wrong: 'holds no certificate', hint: COPY };
}

interface OpenCertificate {
  /** Of its beginning, from 1. */
  readonly line: number;
  readonly rows: readonly string[];
}

type Wrong = Exclude<Value<never>, { readonly value: never }>;

interface ReadRow {
  /** The certificate that the next row belongs to. */
  readonly open: OpenCertificate | null;
  /** The certificate that ends with this row. */
  readonly complete?: Authority;
}

/** @param open the certificate that the row belongs to */
function readRow(row: string, line: number, open: OpenCertificate | null): ReadRow | Wrong {
  if (/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(row)) {
    const hint = 'take it out: only certificates of authorities belong here';
    return { wrong: `holds a private key at line ${line}`, hint };
  }
  if (row === BEGIN) return open === null ? { open: { line, rows: [] } } : unended(open);
  if (row === END) return endOf(open, line);
  if (open === null) return { open };
  if (!/^[A-Za-z0-9+/]+=*$/.test(row)) return { wrong: `has at line ${line} no part of a certificate`, hint: COPY };
  return { open: { ...open, rows: [...open.rows, row] } };
}

function endOf(open: OpenCertificate | null, line: number): ReadRow | Wrong {
  if (open === null) return { wrong: `has the end of a certificate at line ${line} without a beginning`, hint: COPY };
  if (open.rows.length === 0) return { wrong: `has an empty certificate at line ${open.line}`, hint: COPY };
  return { open: null, complete: { pem: [BEGIN, ...open.rows, END, ''].join('\n'), line: open.line } };
}

function unended({ line }: OpenCertificate): Wrong {
  return { wrong: `has a certificate at line ${line} without an end`, hint: COPY };
}
