// Problems that only containers have.

import { expect, test } from 'vitest';
import { environment } from '../../load/environment.ts';
import { found } from '../../load/rules/found.ts';

const LXC = 'etc/phoenix_lxc_configs.json';

test('a network file system in an unprivileged container is a warning, and one in a privileged container or by FUSE is not', () => {
  const files = environment();
  const { '900': source, '101': clone } = files[LXC].lxc_configs;
  clone.pct_options = ['mount=nfs;cifs', 'nesting=1'];
  expect(found('NO_EFFECT', files)).toEqual([
    '"pct_options": [ | "web" is unprivileged, and the kernel mounts no nfs and no cifs in such a container',
  ]);
  source.unprivileged = false;
  expect(found('NO_EFFECT', files)).toEqual([]);
  Object.assign(clone, { unprivileged: true, pct_options: ['mount=fuse', 'fuse=1'] });
  expect(found('NO_EFFECT', files)).toEqual([]);
});
