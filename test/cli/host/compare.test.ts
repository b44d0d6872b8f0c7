// What `phoenix plan --host` takes for absent, from what was observed of each target.

import { expect, test } from 'vitest';
import { absentTargets, type Compared } from '../../../src/cli/host/compare.ts';
import type { TargetId } from '../../../src/model/ids.ts';
import type { Target } from '../../../src/model/target.ts';

const differs = (target: string, isThere: boolean | null): Compared => {
  return {
    target: target as TargetId,
    kind: 'differs',
    isThere,
    impact: 'live',
    actions: [],
    fields: [],
    reason: null,
  };
};

/** @param within by target, the target that contains it */
function absent(within: Readonly<Record<string, readonly string[]>>, ...compared: readonly Compared[]) {
  const ids = compared.map(({ target }) => target);
  const targets = ids.map((id) => [id, { id, needs: [], within: within[id] ?? [] } as unknown as Target] as const);
  return [...absentTargets(new Map(targets), compared)];
}

test('missing targets would be created, and existing ones that differ would be changed', () => {
  const compared = [differs('gateway/nginx', false), differs('hypervisor/dns', true)];
  expect(absent({}, ...compared, { target: 'vm/9' as TargetId, kind: 'same', mark: false })).toEqual(['gateway/nginx']);
});

test('a target that cannot be observed is absent if what contains it is, through any number of levels', () => {
  const within = {
    'stack/9.web': ['vm/9', 'portainer/environment.docker'],
    'portainer/environment.docker': ['vm/9', 'portainer/server'],
    'portainer/server': ['vm/8'],
  };
  const inside = [differs('stack/9.web', null), differs('portainer/environment.docker', null)];
  const server = differs('portainer/server', null);
  const all = ['stack/9.web', 'portainer/environment.docker', 'portainer/server', 'vm/8'];
  expect(absent(within, ...inside, server, differs('vm/8', false))).toEqual(all);
  // A guest that exists and does not answer says nothing about what is inside.
  expect(absent(within, ...inside, server, differs('vm/8', true))).toEqual([]);
  expect(absent(within, ...inside, { target: 'vm/8' as TargetId, kind: 'unknown', reason: 'silent' })).toEqual([]);
});
