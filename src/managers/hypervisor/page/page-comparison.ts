// How the certificate of the web interface is compared.

import type { SecretReference } from '../../../model/action.ts';
import { type Comparison, difference, type FoundDifference } from '../../comparison.ts';
import { type PageFacts, type PageNote, parsePageNote, renewPageAt } from './page-facts.ts';
import type { PageSpec, SeenPage } from './page-section.ts';

/** Which certificate it has is decided as a whole, so that no field of it can be left to people. */
export const pageComparison: Comparison<PageSpec, SeenPage> = {
  fields: [],
  rest: ({ spec }, seen) => [
    ...certificateDifferences(spec, parsePageNote(seen.noted), seen),
    ...seen.staged.map((path) => difference([path], null, 'left from an interrupted change')),
  ],
};

function certificateDifferences(spec: PageSpec, note: PageNote | null, seen: SeenPage): FoundDifference[] {
  const { page: present, source, domains, now } = seen;
  const observed = present === null ? null : certificateText(present);
  const at = (key: string) => ['page_certificate', key];
  switch (spec.by) {
    case 'certificate':
      if (source === null || present?.fingerprint === source.fingerprint) return [];
      return [difference(at('certificate'), certificateText(source), observed)];
    case 'files': {
      if (spec.fingerprint !== undefined && present !== null)
        return present.fingerprint === spec.fingerprint
          ? []
          : [difference(at('fingerprint'), spec.fingerprint, observed)];
      const set = note?.secrets?.split('\n') ?? [];
      const isTheirs =
        present !== null && note !== null && note.fingerprint !== null && note.fingerprint !== present.fingerprint;
      if (present === null || isTheirs) return [difference(at('chain'), spec.chain, observed)];
      return (['chain', 'key'] as const).flatMap((key, index) =>
        set[index] === secretText(spec[key]) ? [] : [difference(at(key), spec[key], 'another one')],
      );
    }
    case 'acme': {
      const names = present?.names ?? null;
      if (domains.length === 0) return [];
      if (present === null || names?.join() !== domains.join())
        return [difference(at('acme'), `for ${domains.join(', ')}`, names === null ? null : `for ${names.join(', ')}`)];
      const renewal = renewPageAt(present);
      if (now < renewal) return [];
      return [difference(at('acme'), `renewed by ${dateText(renewal)}`, `valid until ${dateText(present.notAfter)}`)];
    }
    default:
      return spec satisfies never;
  }
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
