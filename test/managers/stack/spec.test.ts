// The pure functions of stacks: names, revisions, headers, and dependencies.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { projectName } from '../../../src/compose/project.ts';
import { composeText } from '../../../src/io/host/compose-text.ts';
import { portainer } from '../../../src/managers/portainer/manager.ts';
import { containersIn } from '../../../src/managers/portainer-api/containers.ts';
import { isIntact } from '../../../src/managers/stack/heading.ts';
import { stack } from '../../../src/managers/stack/manager.ts';
import { revisionOf, type StackSpec } from '../../../src/managers/stack/stack-spec.ts';
import { environment, type Files, loadFiles } from '../../load/environment.ts';
import { declared, targetOf } from '../portainer/configuration.ts';

const SHOP = 'stack/1002.shop';

test('a name is what Portainer makes of it, and stays so', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      const project = projectName(name);
      expect(project).toMatch(/^[-_a-z0-9]*$/);
      expect(projectName(project)).toBe(project);
    }),
  );
  expect(projectName('Thinkheads.AI app')).toBe('thinkheadsaiapp');
});

const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
const file = fc
  .dictionary(word, fc.record({ image: word }), { minKeys: 1 })
  .map((services) =>
    [
      '# a comment',
      'services:',
      ...Object.entries(services).map(([name, { image }]) => `  ${name}:\n    image: ${image}`),
      '',
    ].join('\n'),
  );

test('a file under its heading is known again, and every change of it is seen', () => {
  fc.assert(
    fc.property(file, fc.nat(), fc.stringMatching(/^[ -~]+$/), (text, position, more) => {
      const sent = composeText(text, { additions: {}, heading: 'Kept by Phoenix\nstack/1002.shop' });
      expect(isIntact(sent)).toBe(true);
      expect(isIntact(text)).toBe(false);
      const body = sent.indexOf('\n# a comment') + 1;
      const at = body + (position % (sent.length - body + 1));
      expect(isIntact(`${sent.slice(0, at)}${more}${sent.slice(at)}`)).toBe(false);
    }),
  );
  // Nothing is concluded from a text in which a secret was blacked out.
  expect(isIntact('services: {} # ‹secret›')).toBe(true);
});

test('the revision follows from what is deployed, not from where Portainer answers', () => {
  const spec = targetOf(declared(), SHOP).spec as StackSpec;
  const other = targetOf(declared({ certified: false }), SHOP).spec as StackSpec;
  expect(other.service).not.toEqual(spec.service);
  expect(revisionOf(other)).toBe(revisionOf(spec));
  const level = { shopEnvironment: { variables: [{ name: 'LEVEL', value: 'debug', secret: false }] } };
  expect(revisionOf(targetOf(declared(level), SHOP).spec as StackSpec)).not.toBe(revisionOf(spec));
});

test('containers are read from lines and from a list', () => {
  const one = { Name: 'a', Image: 'nginx:1', State: 'running', Labels: 'x=1,y=2' };
  const two = { Name: 'b', State: 'exited', Labels: '' };
  const read = [
    { name: 'a', running: true, image: 'nginx:1', labels: ['x=1', 'y=2'] },
    { name: 'b', running: false, image: null, labels: [''] },
  ];
  expect(containersIn(`${JSON.stringify(one)}\n${JSON.stringify(two)}\n`)).toEqual(read);
  expect(containersIn(JSON.stringify([one, two]))).toEqual(read);
  expect(containersIn('')).toEqual([]);
});

describe('who needs whom', () => {
  const all = (config = declared()) => [...portainer.targets(config), ...stack.targets(config)];
  const needs = (id: string) => all().find((each) => each.id === id)?.needs;

  test('VM and certificate, server, environment, stack: each rests on the one before', () => {
    expect(needs('portainer/server')).toEqual([
      'vm/1001',
      'certificate/portainer.example.internal',
      'hypervisor/trust',
    ]);
    expect(needs('portainer/environment.docker host')).toEqual(['portainer/server', 'vm/1002', 'hypervisor/dns']);
    expect(needs(SHOP)).toEqual(['vm/1002', 'portainer/environment.docker host']);
  });

  test("the stack that is the server is the server's, not one of its own", () => {
    expect(all().map(({ id }) => id)).not.toContain('stack/1001.portainer');
    expect(all(declared({ portainer: null })).map(({ id }) => id)).toEqual(['stack/1001.portainer', SHOP]);
  });

  test('a label of a stack changes no other target', () => {
    const changed = declared({ shopEnvironment: { traefikLabels: { shop: ['traefik.enable=false'] } } });
    const before = new Map(all().map(({ id, spec }) => [id, JSON.stringify(spec)]));
    const differ = all(changed).filter(({ id, spec }) => before.get(id) !== JSON.stringify(spec));
    expect(differ.map(({ id }) => id)).toEqual([SHOP]);
  });
});

test('a stack waits for the one that makes its network, and two that want one of each other do not', () => {
  const files: Files = environment();
  const stackFile = (own: string, other: string) =>
    `services:\n  web:\n    image: x\n    networks: [own, other]\nnetworks:\n  own: {name: ${own}}\n  other: {external: true, name: ${other}}\n`;
  files['stacks/back/docker-compose.yml'] = stackFile('back', 'front');
  files['stacks/front/docker-compose.yml'] = stackFile('front', 'bridge');
  for (const name of ['back', 'front']) files[`stacks/${name}/phoenix.json`] = { environments: { production: {} } };
  files['etc/phoenix_vm_configs.json'].vms[1].docker_stacks = ['back', 'front', 'shop'];
  const needs = () => {
    const { config, problems } = loadFiles(files);
    expect(problems).toEqual([]);
    const targets = config === null ? [] : stack.targets(config);
    return targets.map(({ id, needs: all }) => [id, all.filter((need) => need.startsWith('stack/'))]);
  };
  expect(needs()).toEqual([
    ['stack/1001.back', ['stack/1001.front']],
    ['stack/1001.front', []],
    ['stack/1001.shop', []],
  ]);
  files['stacks/front/docker-compose.yml'] = stackFile('front', 'back');
  expect(needs().flatMap(([, each]) => each)).toEqual([]);
});
