// A stack has every variable and volume that its compose file requires in the environment where it runs.

import { expect, test } from 'vitest';
import { environment, loadFiles, placesOf } from '../../../load/environment.ts';

const VM = 'etc/phoenix_vm_configs.json';
const COMPOSE = 'stacks/shop/docker-compose.yml';

test('a variable without a value is named where the compose file needs it', () => {
  const files = environment();
  files['stacks/shop/phoenix.json'].environments.production.variables = [];
  const [problem, ...others] = loadFiles(files).problems;
  expect(others).toEqual([]);
  expect(problem).toMatchObject({
    severity: 'error',
    code: 'UNSET_VARIABLE',
    file: COMPOSE,
    path: '/services/shop/ports/0',
    line: 4,
    target: 'stack/1001.shop',
  });
  expect(problem?.message).toBe(`\${PORT} has no value on vm/1001`);
});

test('a variable counts in the environment that the VM uses', () => {
  const files = environment();
  files['stacks/shop/phoenix.json'].environments.testing = {};
  expect(placesOf('UNSET_VARIABLE', files)).toEqual([]);
  files[VM].vms[1].docker_stacks = [{ name: 'shop', environment: 'testing' }];
  expect(placesOf('UNSET_VARIABLE', files)).toEqual([`${COMPOSE}:/services/shop/ports/0`]);
});

test('an external volume must be one of the VM that runs the stack', () => {
  const files = environment();
  expect(placesOf('MISSING_VOLUME', files)).toEqual([]);
  files[VM].vms[1].volumes[0].name = 'other';
  expect(placesOf('MISSING_VOLUME', files)).toEqual([`${COMPOSE}:/volumes/shop_data`]);
  const problem = loadFiles(files).problems.find(({ code }) => code === 'MISSING_VOLUME');
  expect(problem).toMatchObject({ line: 8, column: 3, target: 'stack/1001.shop' });
});

test('a stack that no VM runs needs nothing', () => {
  const files = environment();
  files[VM].vms[1].docker_stacks = [];
  files[VM].vms[1].volumes = [];
  files['stacks/shop/phoenix.json'].environments.production.variables = [];
  expect(placesOf('UNSET_VARIABLE', files)).toEqual([]);
  expect(placesOf('MISSING_VOLUME', files)).toEqual([]);
});
