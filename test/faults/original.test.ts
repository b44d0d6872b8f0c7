// The environment that Phoenix was made for, mended where `phoenix validate` and a rehearsal say so: all of it comes up on an empty
// host. It is no part of this repository, so the test runs only where PHOENIX_TEST_REFERENCE names it.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Files } from '../load/environment.ts';
import { referencePath } from '../support/reference.ts';
import { CERTIFICATES, failed, HYPERVISOR, LXC, stand, VM } from './standing.ts';

const FOLDER = referencePath('environment') ?? '';

test.skipIf(FOLDER === '')(
  'the original environment, mended, comes up whole, and the second time does nothing',
  async () => {
    const standing = await stand();
    try {
      const files = mended();
      const { steps, sent } = await standing.apply(files);
      expect(failed(steps)).toEqual([]);
      const made = sent.filter(({ line }) => /^(pct|qm) (create|clone) /.test(line));
      expect(made).toHaveLength(Object.keys(files[LXC].lxc_configs).length + files[VM].vms.length);
      const again = await standing.again();
      expect(failed(again.steps)).toEqual([]);
      expect(again.steps.filter(({ actions }) => actions > 0)).toEqual([]);
    } finally {
      await standing.close();
    }
  },
  120_000,
);

function mended(): Files {
  const paths = (readdirSync(FOLDER, { recursive: true }) as string[]).filter((path) =>
    statSync(`${FOLDER}/${path}`).isFile(),
  );
  const files: Files = Object.fromEntries(
    paths.map((path) => {
      const text = readFileSync(`${FOLDER}/${path}`, 'utf8');
      return [path, path.endsWith('.json') ? JSON.parse(text) : text];
    }),
  );
  // Scripts that are not in the repository, whose work features do.
  for (const guest of Object.values<Record<string, unknown>>(files[LXC].lxc_configs)) {
    delete guest['application_script'];
    delete guest['health_check'];
  }
  files[LXC].lxc_configs['101'].features.push('nginx_gateway');
  // Certificates where their user does not see them, and a command that is of no known kind.
  for (const entry of files[CERTIFICATES]) {
    for (const key of ['cert_path', 'key_path'])
      entry[key] = entry[key].replace(
        '/mnt/pve/quickOS/vm-persistent-data/1001/portainer',
        '/quickOS/vm-persistent-data/1001',
      );
    if (!entry.post_renewal_command?.includes('102')) continue;
    delete entry.post_renewal_command;
    entry.post_renewal = { kind: 'reload-service', guest: 102, unit: 'traefik' };
  }
  // Volumes that nothing provides, and a variable without a value.
  for (const path of Object.keys(files).filter((each) => each.endsWith('/docker-compose.yml')))
    files[path] = files[path].replaceAll(/\n\s+external: true/g, '');
  const app = files['stacks/thinkheads_ai_app/phoenix.json'].environments.production;
  app.variables = [{ name: 'API_PORT', value: '8000' }];
  // A password in the clear, and shares of an account that a person has to make first.
  files[HYPERVISOR].portainer_api.admin_password = { $secret: 'file:/etc/phoenix/secrets/portainer' };
  delete files[HYPERVISOR].samba;
  return files;
}
