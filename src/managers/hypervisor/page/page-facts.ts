// What is known of the certificate of the node's page, and what Phoenix noted of it. Pure.

import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { parseOptionLines } from '../../../proxmox/option-lines.ts';
import { splitList } from '../../../proxmox/perl.ts';

export interface PageFacts {
  /** SHA-256 of the certificate itself. */
  readonly fingerprint: string;
  /** In lower case, sorted. */
  readonly names: readonly string[];
  /** In milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Of the first certificate in a text; null where it holds none that can be read. */
export function pageFactsOf(text: string): PageFacts | null {
  try {
    const certificate = new X509Certificate(text);
    const names = (certificate.subjectAltName ?? '').split(', ').map((part) => part.replace(/^[^:]*:/, ''));
    return {
      fingerprint: certificate.fingerprint256,
      names: sortedNames(names),
      notBefore: Date.parse(certificate.validFrom),
      notAfter: Date.parse(certificate.validTo),
    };
  } catch {
    return null;
  }
}

/** The domains that a node's options name for ACME (pve-manager, PVE/NodeConfig.pm, get_acme_conf). */
export function acmeDomainsIn(config: string): string[] {
  const options = Object.entries(parseOptionLines(config));
  const names = options.flatMap(([key, [value = '']]) => {
    const properties = value.split(',').map((part) => part.split('='));
    const of = (name: string) => properties.find(([each]) => each === name)?.[1] ?? '';
    if (key === 'acme') return splitList(of('domains').replaceAll(';', ' '));
    // The domain is what stands there without its name.
    return /^acmedomain\d$/.test(key)
      ? [of('domain') || (properties.find((part) => part.length === 1)?.[0] ?? '')]
      : [];
  });
  return sortedNames(names);
}

function sortedNames(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.toLowerCase()).filter((name) => name !== ''))].sort();
}

/** Days before its end at which Proxmox's own daily run renews a certificate of ACME (pve-manager, PVE/API2/ACME.pm). */
const PROXMOX_DAYS = 30;
/** So much later Phoenix does it, where nobody has. */
const GRACE_DAYS = 5;
const DAY_MS = 86_400_000;

/** When Phoenix has one renewed that nobody renewed before, in milliseconds: never before two thirds of its life. */
export function renewPageAt({ notBefore, notAfter }: PageFacts): number {
  const share = notBefore + ((notAfter - notBefore) * 2) / 3;
  return Math.max(share, notAfter - (PROXMOX_DAYS - GRACE_DAYS) * DAY_MS);
}

const note = z.object({
  by: z.enum(['certificate', 'files', 'acme']),
  /** File of the node that it was taken from; null where it was none. */
  source: z.string().nullable(),
  /** Of the secrets that it was made of: their references and keyed digests. */
  secrets: z.string().nullable(),
  /** Of the certificate that the page then had; null: it was not looked at since. */
  fingerprint: z.string().nullable(),
});

/** What Phoenix gave the page last. */
export type PageNote = Readonly<z.output<typeof note>>;

export function printPageNote(one: PageNote): string {
  return `${JSON.stringify(one)}\n`;
}

/** Null where there is none, or one that was not written like this. */
export function parsePageNote(text: string | null): PageNote | null {
  try {
    return text === null ? null : (note.safeParse(JSON.parse(text)).data ?? null);
  } catch {
    return null;
  }
}
