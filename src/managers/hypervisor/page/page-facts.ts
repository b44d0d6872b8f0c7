// Facts of the web interface's certificate, and Phoenix's note about it. Pure.

import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { parseOptionLines } from '../../../proxmox/files/option-lines.ts';
import { splitList } from '../../../proxmox/parameters/perl.ts';

export interface PageFacts {
  /** SHA-256 of the certificate itself. */
  readonly fingerprint: string;
  /** In lower case, sorted. */
  readonly names: readonly string[];
  /** In milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Facts of the first certificate in a text; null where there is no readable one. */
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
    // `domain` is the default key of the property string.
    return /^acmedomain\d$/.test(key)
      ? [of('domain') || (properties.find((part) => part.length === 1)?.[0] ?? '')]
      : [];
  });
  return sortedNames(names);
}

function sortedNames(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.toLowerCase()).filter((name) => name !== ''))].sort();
}

/** Proxmox's daily job renews an ACME certificate this many days before it expires (pve-manager, PVE/API2/ACME.pm). */
const PROXMOX_DAYS = 30;
/** Phoenix renews it this many days later, if Proxmox did not. */
const GRACE_DAYS = 5;
const DAY_MS = 86_400_000;

/** When Phoenix renews a certificate that nobody renewed before, in milliseconds: never before two thirds of its lifetime. */
export function renewPageAt({ notBefore, notAfter }: PageFacts): number {
  const share = notBefore + ((notAfter - notBefore) * 2) / 3;
  return Math.max(share, notAfter - (PROXMOX_DAYS - GRACE_DAYS) * DAY_MS);
}

const note = z.object({
  by: z.enum(['certificate', 'files', 'acme']),
  /** The file that it was copied from; null where there is none. */
  source: z.string().nullable(),
  /** References and keyed digests of the secrets that it consists of. */
  secrets: z.string().nullable(),
  /** Fingerprint of the certificate after it was set; null: not observed since. */
  fingerprint: z.string().nullable(),
});

/** What Phoenix set last. */
export type PageNote = Readonly<z.output<typeof note>>;

export function printPageNote(one: PageNote): string {
  return `${JSON.stringify(one)}\n`;
}

/** Null where there is no note, or one in another format. */
export function parsePageNote(text: string | null): PageNote | null {
  try {
    return text === null ? null : (note.safeParse(JSON.parse(text)).data ?? null);
  } catch {
    return null;
  }
}
