// How the certificate of the web interface is compared.

import type { SecretReference } from '../../../model/action.ts';
import { type Comparison, difference, type FoundDifference } from '../../comparison.ts';
import type { PageCertificate } from '../declared.ts';
import { type PageFacts, type PageNote, parsePageNote, renewPageAt } from './page-facts.ts';

export type PageSpec =
  | { readonly by: 'certificate'; readonly certPath: string; readonly keyPath: string }
  | Extract<PageCertificate, { by: 'files' | 'acme' }>;

export interface SeenPage {
  /** In milliseconds. */
  readonly now: number;
  /** Null: it has the certificate that Proxmox generated for the node. */
  readonly page: PageFacts | null;
  /** Content of the note. */
  readonly noted: string | null;
  /** Facts of the declared certificate's file; null where it was not read or does not exist. */
  readonly source: PageFacts | null;
  readonly domains: readonly string[];
  /** Temporary files that are still there. */
  readonly staged: readonly string[];
}

/** Which certificate it has is decided as a whole, so that no field of it can be left to people. */
export const pageComparison: Comparison<PageSpec, SeenPage> = {
  fields: [],
  rest: ({ spec }, seen) => [
    ...certificateDifferences(spec, parsePageNote(seen.noted), seen),
    ...seen.staged.map((path) => difference([path], null, 'left from an interrupted change')),
  ],
};

const at = (key: string) => ['page_certificate', key];

function certificateDifferences(spec: PageSpec, note: PageNote | null, seen: SeenPage): FoundDifference[] {
  const { page: present, source } = seen;
  switch (spec.by) {
    case 'certificate':
      if (source === null || present?.fingerprint === source.fingerprint) return [];
      return [difference(at('certificate'), certificateText(source), shown(present))];
    case 'files':
      return fileDifferences(spec, note, present);
    case 'acme':
      return acmeDifferences(seen);
    default:
      return spec satisfies never;
  }
}

/** Files are the same where the note says that the present certificate was written from them, unless a fingerprint is declared. */
function fileDifferences(
  spec: PageSpec & { readonly by: 'files' },
  note: PageNote | null,
  present: PageFacts | null,
): FoundDifference[] {
  if (present === null) return [difference(at('chain'), spec.chain, null)];
  if (spec.fingerprint !== undefined)
    return present.fingerprint === spec.fingerprint
      ? []
      : [difference(at('fingerprint'), spec.fingerprint, shown(present))];
  const noted = note?.fingerprint ?? null;
  if (noted !== null && noted !== present.fingerprint) return [difference(at('chain'), spec.chain, shown(present))];
  const set = note?.secrets?.split('\n') ?? [];
  return (['chain', 'key'] as const).flatMap((key, index) =>
    set[index] === secretText(spec[key]) ? [] : [difference(at(key), spec[key], 'another one')],
  );
}

function acmeDifferences({ page: present, domains, now }: SeenPage): FoundDifference[] {
  if (domains.length === 0) return [];
  const wanted = `for ${domains.join(', ')}`;
  if (present === null) return [difference(at('acme'), wanted, null)];
  if (present.names.join() !== domains.join())
    return [difference(at('acme'), wanted, `for ${present.names.join(', ')}`)];
  const renewal = renewPageAt(present);
  if (now < renewal) return [];
  return [difference(at('acme'), `renewed by ${dateText(renewal)}`, `valid until ${dateText(present.notAfter)}`)];
}

function shown(present: PageFacts | null): string | null {
  return present === null ? null : certificateText(present);
}

function certificateText({ names, fingerprint }: PageFacts): string {
  return `for ${names.join(', ')}, SHA-256 ${fingerprint}`;
}

function dateText(ms: number): string {
  return new Date(ms).toISOString();
}

/** A secret as the note names it: by its reference and a keyed digest of its value. */
export function secretText({ $secret, digest = 'none' }: SecretReference): string {
  return `${$secret} ${digest}`;
}
