// Additions to a compose file: they take effect, only at their service, and every other byte stays the same.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { addToCompose } from '../../src/compose/additions.ts';
import type { ComposeAdditions } from '../../src/model/action.ts';
import { LONG_TEST } from '../support/long.ts';
import { additionsTo, composeFiles, simpleComposeFiles } from './generated.ts';

type Model = { services: Record<string, Record<string, unknown>> };

function modelOf(text: string, version?: '1.1' | '1.2'): Model {
  const document = parseDocument(text, { merge: true, ...(version === undefined ? {} : { version }) });
  expect(document.errors, text).toEqual([]);
  return document.toJS({ maxAliasCount: -1 });
}

const dollars = (text: string): string => text.replaceAll('$', '$$$$');

function withMore(
  service: Record<string, unknown>,
  { labels = [], command = [], volumes = [] }: ComposeAdditions[string],
) {
  const model = { ...service };
  if (labels.length > 0) model['labels'] = labelled(model['labels'], labels);
  if (command.length > 0) model['command'] = [...wordsOf(model['command']), ...command.map(dollars)];
  if (volumes.length > 0) model['volumes'] = [...((model['volumes'] ?? []) as unknown[]), ...volumes];
  return model;
}

function labelled(present: unknown, labels: readonly string[]): Record<string, unknown> {
  const more = labels.map((label) => [
    label.slice(0, label.indexOf('=')),
    dollars(label.slice(label.indexOf('=') + 1)),
  ]);
  return { ...asLabels(present), ...Object.fromEntries(more) };
}

function asLabels(present: unknown): Record<string, unknown> {
  if (!Array.isArray(present)) return (present ?? {}) as Record<string, unknown>;
  return Object.fromEntries(present.map((each: string) => [each.split('=')[0], each.slice(each.indexOf('=') + 1)]));
}

/** A command as compose cuts it: at blanks, but for those in quotes. */
function wordsOf(command: unknown): unknown[] {
  if (typeof command !== 'string') return (command ?? []) as unknown[];
  const words = command.match(/(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'|\\(.)/g, (_, one, two, three) => one ?? two ?? three),
  );
}

/** Removes differences without meaning: the order of entries, labels as a list or map, a command as one string. */
function plain(model: Model): unknown {
  return {
    ...model,
    services: Object.fromEntries(
      Object.entries(model.services).map(([name, service]) => [
        name,
        {
          ...service,
          ...(service['labels'] == null ? { labels: {} } : { labels: asLabels(service['labels']) }),
          command: wordsOf(service['command']),
          volumes: [...((service['volumes'] ?? []) as unknown[])].map((each) => JSON.stringify(each)).sort(),
        },
      ]),
    ),
  };
}

const withAdditions = (files: fc.Arbitrary<string>) =>
  files.chain((text) => fc.tuple(fc.constant(text), additionsTo(Object.keys(modelOf(text).services))));
const cases = withAdditions(composeFiles);
/** Without anchors, which move. */
const simpleCases = withAdditions(simpleComposeFiles);

/** Additions that replace nothing: no existing label, and no argument of a command that would have to be rewritten. */
function withoutReplacing(text: string, { labels = [], command = [], volumes = [] }: ComposeAdditions[string]) {
  const isCommandKept = !/command: null|- \||command: serve/.test(text);
  return {
    labels: labels.filter((label) => !label.startsWith('own.')),
    command: isCommandKept ? command : [],
    volumes,
  };
}

describe('additions', () => {
  test.each(['1.1', '1.2'] as const)(
    'are added to their services and nowhere else, as YAML %s reads it',
    LONG_TEST,
    (version) => {
      fc.assert(
        fc.property(cases, ([text, additions]) => {
          fc.pre(version === '1.1' || !text.startsWith('%YAML'));
          const before = modelOf(text, version);
          const services = Object.entries(before.services).map(([name, service]) => [
            name,
            withMore(service, additions[name] ?? {}),
          ]);
          const after = addToCompose(text, additions);
          expect(plain(modelOf(after, version)), after).toEqual(
            plain({ ...before, services: Object.fromEntries(services) }),
          );
        }),
        { numRuns: 200 },
      );
    },
  );

  test('change no other byte of the file', () => {
    fc.assert(
      fc.property(simpleCases, ([text, all]) => {
        const additions = Object.entries(all).map(([name, more]) => [name, withoutReplacing(text, more)]);
        const after = addToCompose(text, Object.fromEntries(additions));
        let at = 0;
        for (const sign of after) if (sign === text[at]) at += 1;
        expect(text.slice(at), after).toBe('');
      }),
      { numRuns: 200 },
    );
  });

  test('without additions, nothing changes', () => {
    fc.assert(
      fc.property(composeFiles, (text) => {
        expect(addToCompose(text, { a: {} })).toBe(text);
      }),
    );
  });
});
