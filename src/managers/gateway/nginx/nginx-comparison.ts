// How nginx is compared: its file by the servers and maps in it, and whether it runs with it.

import { type Comparison, difference } from '../../comparison.ts';
import { textDigest } from '../../guest/digest.ts';
import { fileDifferences, type Look } from '../inside.ts';
import type { NginxSpec } from './nginx-spec.ts';
import { renderNginx } from './render.ts';
import { PLACES } from './scripts.ts';
import { sectionDifferences } from './sections.ts';

export interface NginxSeen {
  readonly inside: Look;
  /** Existing chains, by path on the node. */
  readonly there: ReadonlySet<string>;
}

export const nginxComparison: Comparison<NginxSpec, NginxSeen> = {
  fields: [
    {
      name: 'server',
      of: ['domain', 'proxy', 'sites', 'hasIpv6'],
      differences({ spec }, seen) {
        const text = textFor(spec, seen);
        if (text === null || seen.inside.kind !== 'seen') return [];
        const { current: digest, text: observed } = seen.inside.files;
        return fileDifferences(PLACES.current, text, { digest, text: observed }, (present) =>
          sectionDifferences(text, present),
        );
      },
    },
  ],
  rest({ spec }, seen) {
    const text = textFor(spec, seen);
    if (text === null || seen.inside.kind !== 'seen') return [];
    const { current, proven, active } = seen.inside.files;
    if (!active) return [difference(['nginx'], 'running', 'stopped')];
    const isUnproved = current === textDigest(text) && proven !== current;
    return isUnproved ? [difference(['nginx'], 'proved to serve it', 'not proved')] : [];
  },
};

/** Null where the container cannot be inspected, or has no nginx. */
function textFor(spec: NginxSpec, { inside, there }: NginxSeen): string | null {
  const version = inside.kind === 'unreachable' ? null : versionIn(inside.stderr);
  return version === null ? null : renderNginx(spec, { version, there }).text;
}

/** `nginx version: nginx/1.22.1 (Ubuntu)`. */
export function versionIn(stderr: string): string | null {
  return /nginx version: \S+?\/(\d+(?:\.\d+)+)/.exec(stderr)?.[1] ?? null;
}
