// Apt repositories of the node: each is one file below /etc/apt/sources.list.d. Files of people stay.

import { createHash } from 'node:crypto';
import { textDifference } from '../../../src/managers/comparison.ts';
import type { Config } from '../../../src/managers/config.ts';
import type { Kind } from '../../../src/managers/kind.ts';
import type { Decision, Wanted } from '../../../src/managers/manager.ts';
import { own } from '../../../src/managers/sources.ts';
import type { Action } from '../../../src/model/action.ts';
import { nameOf, type TargetId, targetId } from '../../../src/model/ids.ts';
import type { Target } from '../../../src/model/target.ts';
import type { AptRepository } from './declared.ts';
import { declaration } from './read.ts';

/** All that decides how the file should be, in the words of the configuration. */
type AptSpec = {
  readonly url: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly signed_by: string;
};

/** The text of the file; null where there is none. */
type Observation = string | null;

/** Every file of the folder, by its path. */
type Inventory = ReadonlyMap<string, string>;

const FOLDER = '/etc/apt/sources.list.d';
/** First line of every managed file. */
const MARK = '# Kept by Phoenix. Change it in the repository, not here.';

export const apt: Kind<AptSpec, Observation, Inventory> = {
  kind: 'apt',
  declares: declaration,
  targets: ({ aptRepositories = [] }: Config) => aptRepositories.map(targetOf),
  sources: {
    entry: ({ aptRepositories = [] }, target) =>
      aptRepositories.find(({ name }) => targetId('apt', name) === target)?.writtenAt ?? null,
    // The fields of the spec have the names of the file.
    of: (_target, field) => [own(`/${field}`)],
  },
  // Nothing is installed by it.
  impact: () => 'live',
  inventory: (host) => host.readFolders([FOLDER]),
  quickCheck: (inventory, { target }) => inventory.get(pathOf(target)) ?? null,
  observe: async (host, { target }) => (await host.readFile(pathOf(target))) ?? null,
  decide,
  differences: ({ target, spec }, present) =>
    spec === undefined ? [] : textDifference(pathOf(target), textOf(spec), present),
  health: () => null,
  // The file is small, and its previous version is in Git.
  rollback: () => null,
};

function targetOf({ name, url, suite, components, signedBy }: AptRepository): Target {
  const spec: AptSpec = { url, suite, components, signed_by: signedBy };
  return { id: targetId('apt', name), spec, needs: [], protected: false };
}

function decide({ target, spec, adopt }: Wanted<AptSpec>, present: Observation): Decision {
  const path = pathOf(target);
  const isOurs = present === null || present.startsWith(MARK);
  if (spec === undefined) {
    const remove: Action = { summary: `remove ${path}`, impact: 'live', do: { kind: 'remove', paths: [path] } };
    return { kind: 'actions', actions: isOurs && present !== null ? [remove] : [] };
  }
  const text = textOf(spec);
  if (present === text) return { kind: 'actions', actions: [] };
  if (!isOurs && adopt !== true) {
    const reason = `${path} is not ours: move it away, or take it over with phoenix adopt ${target}`;
    return { kind: 'blocked', reason };
  }
  const expects = present === null ? 'absent' : createHash('sha256').update(present).digest('hex');
  const content = { from: 'text', text } as const;
  const write: Action = {
    summary: `write ${path}`,
    impact: 'live',
    do: { kind: 'file', path, content, mode: 0o644, expects },
  };
  return { kind: 'actions', actions: [write] };
}

function pathOf(target: TargetId): string {
  return `${FOLDER}/phoenix-${nameOf(target)}.sources`;
}

/** In apt's own format (sources.list(5)): the schema allows no line break and no space in a value. */
function textOf({ url, suite, components, signed_by }: AptSpec): string {
  const fields = ['Types: deb', `URIs: ${url}`, `Suites: ${suite}`, `Components: ${components.join(' ')}`];
  return `${[MARK, ...fields, `Signed-By: ${signed_by}`].join('\n')}\n`;
}
