// Files of a repository whose content is not what people think they committed, end to end: a commit in a real repository.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { validate } from '../../src/cli/validate.ts';
import { captured } from '../cli/captured.ts';
import { environment, type Files } from '../load/environment.ts';
import { type WorkingCopy, workingCopy } from '../support/git/git.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const MANIFEST = 'stacks/shop/phoenix.json';
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0123456789abcdef'.repeat(4)}\nsize 5120\n`;

let copy: WorkingCopy;
beforeEach(async () => {
  copy = await workingCopy();
});
afterEach(() => copy.remove());

/** `CODE file:line` of every error, of the commit and of the folder, which must agree. */
async function refused(files: Files): Promise<string[]> {
  const text = (content: unknown) => (typeof content === 'string' ? content : JSON.stringify(content));
  await copy.commit(Object.fromEntries(Object.entries(files).map(([path, content]) => [path, text(content)])));
  const [commit, folder] = await Promise.all(
    [{ rev: 'HEAD' }, {}].map(async (which) => {
      const { exit, out } = await captured((io) => validate({ path: copy.folder, json: true, ...which }, io));
      const { problems } = JSON.parse(out);
      expect(exit).toBe(problems.length === 0 ? 0 : 1);
      return problems.map(({ code, file, line }: Record<string, string>) => `${code} ${file}:${line}`) as string[];
    }),
  );
  expect(folder).toEqual(commit);
  return commit ?? [];
}

test('script-with-crlf: a feature that was edited on Windows', async () => {
  const files: Files = environment();
  files[LXC].lxc_configs['101'].features = ['tools'];
  files['features/tools/install.sh'] = '#!/bin/bash\r\nset -e\r\napt-get install -y jq\r\n';
  expect(await refused(files)).toEqual(['NOT_THE_CONTENT features/tools/install.sh:1']);
  files['features/tools/install.sh'] = '#!/bin/bash\nset -e\napt-get install -y jq\n';
  expect(await refused(files)).toEqual([]);
});

test('script-is-lfs-pointer: an application script that Git LFS keeps elsewhere', async () => {
  const files: Files = environment();
  files[LXC].lxc_configs['101'].application_script = 'deploy.sh';
  files['bin/deploy.sh'] = POINTER;
  expect(await refused(files)).toEqual(['NOT_THE_CONTENT bin/deploy.sh:1']);
});

test('stack-file-is-lfs-pointer: a file that a stack hands in, beside its manifest or anywhere', async () => {
  const files: Files = environment();
  files[MANIFEST].environments.production.files = [
    { source: 'site.conf', destination_in_container: '/etc/site.conf' },
    { source: 'shared/logo.svg', destination_in_container: '/srv/logo.svg' },
  ];
  files['stacks/shop/site.conf'] = POINTER;
  files['shared/logo.svg'] = POINTER;
  expect(await refused(files)).toEqual([
    'NOT_THE_CONTENT shared/logo.svg:1',
    'NOT_THE_CONTENT stacks/shop/site.conf:1',
  ]);
});
