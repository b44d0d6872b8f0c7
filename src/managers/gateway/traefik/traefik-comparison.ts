// How Traefik is compared: its files by their elements, such as a router or a service, whether it runs with them, and what it serves of them.

import { type Comparison, difference, type FoundDifference } from '../../comparison.ts';
import { textDigest } from '../../guest/digest.ts';
import { fileDifferences, isProven, type Look } from '../inside.ts';
import { type LoadedConfiguration, refusalsOf } from './api-answers.ts';
import { dynamicDifferences, staticDifferences } from './elements.ts';
import { API_ADDRESS, PLACES, STATIC } from './scripts.ts';
import { isOurs, missingEntryPoints, renderStatic, type StaticFile } from './static.ts';
import { type Rendered, renderTraefik, type TraefikSpec } from './traefik-spec.ts';

export interface TraefikSeen {
  readonly inside: Look;
  readonly file: StaticFile;
  /** The answer of Traefik's API; null when it does not answer. */
  readonly loaded: LoadedConfiguration | null;
}

export const traefikComparison: Comparison<TraefikSpec, TraefikSeen> = {
  fields: [
    {
      name: 'start',
      of: ['gateway'],
      differences({ spec }, { inside, file }) {
        if (inside.kind === 'unreachable' || !isOurs(file)) return [];
        const text = renderStatic(spec.gateway);
        const observed = { digest: file.current, text: file.text };
        return fileDifferences(STATIC.current, text, observed, (present) => staticDifferences(text, present));
      },
    },
    {
      name: 'routes',
      of: ['dynamic'],
      differences({ spec }, { inside }) {
        if (inside.kind === 'unreachable') return [];
        const { current: digest, text } = inside.files;
        return fileDifferences(PLACES.current, renderTraefik(spec).text, { digest, text }, (present) =>
          dynamicDifferences(spec.dynamic, present),
        );
      },
    },
  ],
  rest({ spec }, { inside, file, loaded }) {
    if (inside.kind === 'unreachable') return [];
    const rendered = renderTraefik(spec);
    const state = stateOf(spec, { inside, file, loaded }, rendered);
    // What it makes of another file says nothing about this one.
    const isCurrent = inside.files.current === textDigest(rendered.text);
    const refused = loaded === null || !isCurrent ? [] : refusalsOf(spec.dynamic, loaded);
    const lacking = loaded === null ? [] : missingEntryPoints(loaded.entryPoints, spec.gateway);
    return [
      ...state,
      ...refused.map(({ kind, name, why }) => difference([`${kind} ${name}`], 'served', why)),
      ...lacking.map((why) => difference(['entry points'], 'fit to be behind the gateway', why)),
    ];
  },
};

/** What Traefik does with its files; empty where it serves them. */
function stateOf(
  spec: TraefikSpec,
  { inside, file, loaded }: TraefikSeen,
  { text, revision }: Rendered,
): readonly FoundDifference[] {
  const state = (declared: string, observed: string) => [difference(['traefik'], declared, observed)];
  if (inside.kind === 'unreachable') return [];
  if (!inside.files.active) return state('running', 'stopped');
  if (loaded === null) return state(`answers at ${API_ADDRESS}`, 'does not answer');
  const ours = isOurs(file);
  const isStatic = !ours || file.current === textDigest(renderStatic(spec.gateway));
  if (!isStatic || inside.files.current !== textDigest(text)) return [];
  if (ours && file.started !== file.current) return state(`started with ${STATIC.current}`, 'started with another');
  if (!loaded.middlewares.has(revision)) return state('has loaded its routes', 'has loaded others');
  return isProven(inside.files) && (!ours || file.proven === file.current)
    ? []
    : state('proved to serve', 'not proved');
}
