// Docker Compose's model of a compose file with additions: that of the file before, and the additions.

import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { addToCompose } from '../../src/compose/additions.ts';
import type { ComposeAdditions } from '../../src/model/action.ts';
import { findProgram } from '../support/programs.ts';
import { additionsTo, composeFiles } from './generated.ts';

const LOADER = findProgram('compose-loader', 'PHOENIX_TEST_COMPOSE_LOADER');
const FILES = 300;

type Service = Record<string, unknown> & { volumes?: { target: string }[]; labels?: object; command?: string[] | null };
type Answer = { readonly model?: { services: Record<string, Service> }; readonly error?: string };

function loaded(texts: readonly string[]): Answer[] {
  return JSON.parse(execFileSync(LOADER ?? '', { input: JSON.stringify(texts), maxBuffer: 2 ** 28 }).toString());
}

function servicesOf(text: string): string[] {
  const model = parseDocument(text, { merge: true }).toJS({ maxAliasCount: -1 }) as { services: object };
  return Object.keys(model.services);
}

/** The model with the additions, as compose shows them: dollar signs are the values' own again. */
function withMore({ services, ...rest }: NonNullable<Answer['model']>, additions: ComposeAdditions) {
  const changed = Object.entries(services).map(([name, service]) => {
    const { labels = [], command = [], volumes = [] } = additions[name] ?? {};
    const more = labels.map((label) => [label.slice(0, label.indexOf('=')), label.slice(label.indexOf('=') + 1)]);
    const targets = [
      ...(service.volumes ?? []).map(({ target }) => target),
      ...volumes.map((each) => each.split(':')[1]),
    ];
    return [
      name,
      {
        ...service,
        labels: { ...service.labels, ...Object.fromEntries(more) },
        command: [...(service.command ?? []), ...command],
        volumes: targets.sort(),
      },
    ];
  });
  return { ...rest, services: Object.fromEntries(changed) };
}

test.skipIf(LOADER === undefined)(
  'Docker Compose reads a file with additions as the same project, except for the additions',
  () => {
    const files = fc.sample(
      composeFiles.chain((text) => fc.tuple(fc.constant(text), additionsTo(servicesOf(text)))),
      { numRuns: FILES, seed: 20261128 },
    );
    const before = loaded(files.map(([text]) => text));
    const texts = files.map(([text, additions]) => addToCompose(text, additions));
    const after = loaded(texts);
    let compared = 0;
    for (const [at, [, additions]] of files.entries()) {
      const [was, is] = [before[at]?.model, after[at]?.model];
      if (was === undefined) continue;
      compared += 1;
      expect(after[at]?.error, texts[at]).toBeUndefined();
      expect(is && withMore(is, {}), texts[at]).toEqual(withMore(was, additions));
    }
    expect(compared).toBeGreaterThan(FILES / 3);
  },
);
