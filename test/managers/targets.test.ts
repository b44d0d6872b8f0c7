// Targets of the whole configuration: their dependencies, the content of their specs, and what specs never contain.

import { expect, test } from 'vitest';
import type { Guest } from '../../src/managers/config.ts';
import { allTargets, KINDS, managerOf } from '../../src/managers/index.ts';
import { emptyCompose } from '../../src/managers/stack/read.ts';
import type { TargetId } from '../../src/model/ids.ts';
import { LONG_TEST } from '../support/long.ts';
import { container, environment, feature, machine } from './guests.ts';

const targetsOf = (...guests: readonly Guest[]) => allTargets(environment(...guests));

test('every guest is one target, and needs its source and what it depends on', () => {
  const targets = targetsOf(
    container(900, { templateSnapshot: 'final-form' }),
    container(101, { cloneFrom: 900, dependencies: [1001, 999] }),
    machine(9000, { isTemplate: true }),
    machine(1001, { cloneFrom: 9000 }),
  );
  expect([...targets.keys()]).toEqual(['lxc/900', 'lxc/101', 'vm/9000', 'vm/1001']);
  expect(targets.get('lxc/101' as TargetId)?.needs).toEqual(['lxc/900', 'vm/1001']);
  expect(targets.get('vm/1001' as TargetId)?.needs).toEqual(['vm/9000']);
  expect(targets.get('lxc/101' as TargetId)?.spec['source']).toEqual({ clone: 900, snapshot: 'final-form' });
  expect(targets.get('vm/1001' as TargetId)?.spec['source']).toEqual({ clone: 9000, snapshot: null });
});

test('specs are plain JSON without anything undefined', () => {
  const targets = targetsOf(
    container(101, { features: [feature('web')], gpus: [0], lifecycleSnapshots: true }),
    machine(1001, { features: [feature('web')] }),
  );
  for (const { spec } of targets.values()) expect(JSON.parse(JSON.stringify(spec))).toStrictEqual(spec);
});

test('a spec contains no secret: a reference is kept, a plain text is left out', () => {
  const user = { username: 'me', sshKeys: [] };
  const specOf = (passwordHash: { $secret: string } | { $plain: string }) =>
    JSON.stringify([...targetsOf(machine(1001, { user: { ...user, passwordHash } })).values()]);
  expect(specOf({ $secret: 'env:HASH' })).toContain('env:HASH');
  expect(specOf({ $plain: '$6$salt$hash' })).not.toContain('$6$salt$hash');
});

test('a VM opens what its stacks ask for, in the environment they run in', () => {
  const rule = (port: string) => ({
    type: 'in' as const,
    action: 'ACCEPT' as const,
    source: null,
    dest: null,
    proto: 'tcp' as const,
    port,
    sourcePort: null,
    iface: null,
    log: null,
    enabled: true,
    comment: null,
    writtenAt: { file: '', path: '' },
  });
  const guest = machine(1001, {
    firewall: { enabled: true, policyIn: 'DROP', policyOut: 'ACCEPT', rules: [rule('22')] },
    stacks: [{ name: 'web', environment: 'production' }],
  });
  const opening = (port: string) => ({ variables: [], files: [], traefikLabels: {}, firewallRules: [rule(port)] });
  const environments = { production: opening('443'), test: opening('8443') };
  const web = { name: 'web', compose: emptyCompose('stacks/web/docker-compose.yml'), environments };
  const config = { ...environment(guest), stacks: new Map([['web', web]]) } as never;
  const spec = allTargets(config).get('vm/1001' as TargetId)?.spec as { firewall: { rules: string[] } };
  expect(spec.firewall.rules).toEqual(['IN ACCEPT -p tcp -dport 22', 'IN ACCEPT -p tcp -dport 443']);
});

test('what a feature installs in a template counts in its clones', () => {
  const features = [{ name: 'base_setup', path: 'etc/features/base_setup/install.sh', blob: null }, feature('web')];
  const targets = targetsOf(container(900, { features }), container(101, { features, cloneFrom: 900 }));
  const [template, clone] = [...targets.values()].map(({ spec }) => spec['scripts']);
  expect(clone).toEqual(template);
});

test('a script of its own learns which guest it is in', () => {
  const applicationScript = { path: 'bin/start.sh', blob: feature('x').blob };
  const [target] = [...targetsOf(container(101, { applicationScript, vllm: { a: { b: 1 } } })).values()];
  expect(target?.spec['scripts']).toMatchObject([
    {
      name: 'application',
      inputs: { GUEST_ID: '101', GUEST_NAME: 'ct-101', GUEST_ADDRESS: '10.0.0.101', VLLM_CONFIG: '{"a":{"b":1}}' },
    },
  ]);
});

test('options written raw go before those that would be derived', () => {
  const lxcOptions = [{ key: 'lxc.apparmor.profile', value: 'mine' }];
  const [target] = [...targetsOf(container(101, { lxcOptions, apparmorProfile: 'unconfined' })).values()];
  expect(target?.spec['raw']).toEqual(lxcOptions);
});

test('ten thousand guests are derived', LONG_TEST, () => {
  const guests = Array.from({ length: 10_000 }, (_, at) => container(1000 + at, { features: [feature('base')] }));
  const config = environment(...guests);
  expect(allTargets(config).size).toBe(10_000);
});

test('a VM that is started before it becomes a template forgets who it is at the end', () => {
  const names = (guest: Guest) => {
    const scripts = [...targetsOf(guest).values()].map(({ spec }) => spec['scripts'] as { name: string }[]);
    return scripts.flat().map(({ name }) => name);
  };
  expect(names(machine(9000, { isTemplate: true, features: [feature('web')] }))).toEqual(['web', 'template_cleanup']);
  expect(names(machine(9000, { isTemplate: true }))).toEqual([]);
  expect(names(machine(1001, { features: [feature('web')] }))).toEqual(['web']);
});

test('each kind has one manager', () => {
  const kinds = KINDS.map(({ kind }) => kind);
  expect(kinds).toEqual([...new Set(kinds)]);
  expect(() => managerOf('nothing')).toThrow('nobody manages');
});
