// The difference of two specs: no difference for equal meaning, and applying it to the first gives the second.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/model/json.ts';
import { canonical } from '../../../src/plan/diff/canonical.ts';
import { applyChanges, diff } from '../../../src/plan/diff/diff.ts';
import { diffFields } from '../../../src/plan/diff/diff-fields.ts';
import { reordered, spec, target, targetMap, targets } from '../targets.ts';

describe('properties', () => {
  test('a spec does not differ from itself', () => {
    fc.assert(
      fc.property(targets, (a) => {
        expect(diff(a, a)).toEqual([]);
      }),
    );
  });

  test('the order of keys makes no difference', () => {
    fc.assert(
      fc.property(spec, (one) => {
        expect(
          diff(targetMap(target('lxc/101', one)), targetMap(target('lxc/101', reordered(one) as JsonObject))),
        ).toEqual([]);
      }),
    );
  });

  test('applying the changes to the old spec gives the new one', () => {
    fc.assert(
      fc.property(targets, targets, (a, b) => {
        const made = applyChanges(a, diff(a, b));
        expect(new Map([...made].map(([id, one]) => [id, canonical(one)]))).toEqual(
          new Map([...b].map(([id, one]) => [id, canonical(one.spec)])),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('two specs have the same canonical text exactly when they do not differ', () => {
    fc.assert(
      fc.property(spec, spec, (a, b) => {
        expect(diffFields(a, b).length === 0).toBe(canonical(a) === canonical(b));
      }),
    );
  });
});

describe('fields', () => {
  const rule = (port: number) => ({ proto: 'tcp', port });

  test('a changed number is one change', () => {
    expect(diffFields({ cores: 2, memory: 512 }, { cores: 4, memory: 512 })).toEqual([
      { path: '/cores', before: 2, after: 4 },
    ]);
  });

  test('an entry that is inserted first is one change, not a change of every entry', () => {
    expect(diffFields({ rules: [rule(1), rule(2)] }, { rules: [rule(0), rule(1), rule(2)] })).toEqual([
      { path: '/rules/0', before: undefined, after: rule(0) },
    ]);
  });

  test('a removed entry is named by its former position', () => {
    expect(diffFields({ rules: [rule(0), rule(1), rule(2)] }, { rules: [rule(0), rule(2)] })).toEqual([
      { path: '/rules/1', before: rule(1), after: undefined },
    ]);
  });

  test('a changed field of an entry that moved is named by its present position', () => {
    expect(
      diffFields({ rules: [rule(0), rule(1), rule(2)] }, { rules: [rule(1), { ...rule(2), proto: 'udp' }] }),
    ).toEqual([
      { path: '/rules/0', before: rule(0), after: undefined },
      { path: '/rules/1/proto', before: 'tcp', after: 'udp' },
    ]);
  });

  test('a list of strings is compared as one value', () => {
    expect(diffFields({ features: ['docker'] }, { features: ['nvidia', 'docker'] })).toEqual([
      { path: '/features', before: ['docker'], after: ['nvidia', 'docker'] },
    ]);
  });

  test('keys with a slash or a tilde are escaped', () => {
    expect(diffFields({}, { 'a/b~c': 1 })[0]?.path).toBe('/a~1b~0c');
  });

  test('long lists without common entries are compared in linear memory', () => {
    const list = (from: number) => Array.from({ length: 3000 }, (_, index) => rule(from + index));
    expect(diffFields({ rules: list(0) }, { rules: list(10_000) })).toHaveLength(3000);
  });
});
