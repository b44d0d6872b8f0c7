import { expect, test } from 'vitest';
import { environment, placesOf } from '../environment.ts';

const LXC = 'etc/phoenix_lxc_configs.json';

test('a name that DNS cannot carry is refused at its line', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].name = 'web_server';
  expect(placesOf('INVALID_HOSTNAME', files)).toEqual([`${LXC}:/lxc_configs/101/name`]);
});

test('a name with a dot is a warning, and still a hostname', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].name = 'granite-3.3-8b';
  expect(placesOf('INVALID_HOSTNAME', files)).toEqual([]);
  expect(placesOf('DOTTED_HOSTNAME', files)).toEqual([`${LXC}:/lxc_configs/101/name`]);
});

test('the names of a sound environment are fine', () => {
  expect(placesOf('INVALID_HOSTNAME', environment())).toEqual([]);
  expect(placesOf('DOTTED_HOSTNAME', environment())).toEqual([]);
});
